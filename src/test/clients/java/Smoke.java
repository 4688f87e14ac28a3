import dev.herd.client.ApiClient;
import dev.herd.client.ApiException;
import dev.herd.client.api.ChatApi;
import dev.herd.client.api.CompletionsApi;
import dev.herd.client.api.LlamaApi;
import dev.herd.client.api.ModelsApi;
import dev.herd.client.api.ResponsesApi;
import dev.herd.client.api.TokensApi;
import dev.herd.client.model.ChatCompletion;
import dev.herd.client.model.ChatCompletionRequest;
import dev.herd.client.model.ChatMessage;
import dev.herd.client.model.ChatRole;
import dev.herd.client.model.Completion;
import dev.herd.client.model.CompletionRequest;
import dev.herd.client.model.DetokenizeRequest;
import dev.herd.client.model.LlamaChatCompletion;
import dev.herd.client.model.LlamaChatRequest;
import dev.herd.client.model.LlamaMessage;
import dev.herd.client.model.Response;
import dev.herd.client.model.ResponseRequest;
import dev.herd.client.model.TokenizeAnswer;
import dev.herd.client.model.TokenizeRequest;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/** Asks a server at HERD_URL through the client that openapi-generator makes. Ends with 0 if all is as it must be. */
final class Smoke {
    private static final String MODEL = "herd-tiny";

    private final ApiClient client = new ApiClient();

    private Smoke(String url) {
        client.updateBaseUri(url);
    }

    public static void main(String[] args) throws Exception {
        Smoke smoke = new Smoke(System.getenv("HERD_URL"));
        smoke.models();
        smoke.chat();
        smoke.completion();
        smoke.tokens();
        smoke.responses();
        smoke.llama();
        smoke.errors();
    }

    private void models() throws ApiException {
        expect(MODEL, new ModelsApi(client).listModels().getData().getFirst().getId());
        expect("model", new ModelsApi(client).retrieveModel(MODEL).getObject());
    }

    private void chat() throws ApiException {
        ChatCompletionRequest request = new ChatCompletionRequest()
                .model(MODEL)
                .addMessagesItem(new ChatMessage().role(ChatRole.SYSTEM).content("Be brief."))
                .addMessagesItem(new ChatMessage()
                        .role(ChatRole.USER)
                        .content(List.of(Map.of("type", "text", "text", "Hi"))))
                .temperature(0.0)
                .maxTokens(5)
                .logprobs(true)
                .topLogprobs(2);
        ChatCompletion answer = new ChatApi(client).createChatCompletion(request);
        expect("chat.completion", answer.getObject());
        expect("assistant", answer.getChoices().getFirst().getMessage().getRole());
        expect(true, answer.getUsage().getCompletionTokens() <= 5);
        expect(2, answer.getChoices().getFirst().getLogprobs().getContent().getFirst().getTopLogprobs().size());
    }

    private void completion() throws ApiException {
        Completion answer = new CompletionsApi(client)
                .createCompletion(new CompletionRequest()
                        .model(MODEL)
                        .prompt(List.of("Good", "Bad"))
                        .maxTokens(3)
                        .echo(true));
        expect(2, answer.getChoices().size());
        expect(true, answer.getChoices().get(1).getText().startsWith("Bad"));
    }

    private void tokens() throws ApiException {
        TokenizeAnswer tokens =
                new TokensApi(client).tokenize(new TokenizeRequest().prompt("Hello").addSpecialTokens(false));
        expect(tokens.getTokens().size(), tokens.getCount());
        expect("Hello", new TokensApi(client).detokenize(new DetokenizeRequest().tokens(tokens.getTokens())).getPrompt());
    }

    private void responses() throws ApiException {
        ResponsesApi api = new ResponsesApi(client);
        Response first = api.createResponse(new ResponseRequest().model(MODEL).input("Hi").maxOutputTokens(3));
        expect(true, List.of("completed", "incomplete").contains(first.getStatus()));
        expect("message", first.getOutput().getFirst().getType());
        Response second = api.createResponse(new ResponseRequest()
                .model(MODEL)
                .input(List.of(Map.of("role", "user", "content", "Again")))
                .maxOutputTokens(3)
                .previousResponseId(first.getId()));
        expect(first.getId(), second.getPreviousResponseId());
        expect("Hi", ((Map<?, ?>) ((List<?>) api.listInputItems(first.getId()).getData().getFirst().getContent())
                .getFirst())
                .get("text"));
        expect(first.getId(), api.getResponse(first.getId()).getId());
        expect(true, api.deleteResponse(first.getId()).getDeleted());
        expect(404, status(() -> api.getResponse(first.getId())));
    }

    private void llama() throws ApiException {
        LlamaChatCompletion answer = new LlamaApi(client)
                .createLlamaChatCompletion(new LlamaChatRequest()
                        .model(MODEL)
                        .addMessagesItem(new LlamaMessage().role("user").content("Hi"))
                        .maxCompletionTokens(3));
        expect("assistant", answer.getCompletionMessage().getRole());
        expect("num_total_tokens", answer.getMetrics().getLast().getMetric());
    }

    private void errors() {
        expect(404, status(() -> new ModelsApi(client).retrieveModel("gpt-9")));
        expect(400, status(() -> new CompletionsApi(client).createCompletion(new CompletionRequest().model(MODEL).prompt(7))));
    }

    private static int status(Callable<?> call) {
        try {
            call.call();
            return 200;
        } catch (ApiException error) {
            expect(true, error.getResponseBody().startsWith("{\"error\":{\"message\":"));
            return error.getCode();
        } catch (Exception other) {
            throw new AssertionError(other);
        }
    }

    private static void expect(Object expected, Object actual) {
        if (!expected.equals(actual)) {
            throw new AssertionError("expected " + expected + ", not " + actual);
        }
    }
}
