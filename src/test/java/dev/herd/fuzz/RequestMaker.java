package dev.herd.fuzz;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Makes request number {@code n} of a seed: sound ones of every endpoint, most of them spoilt in some way. */
final class RequestMaker {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, String> SOUND = Map.of(
            "/v1/chat/completions",
            """
            {"model":"herd-tiny","messages":[{"role":"system","content":"Be brief."},
             {"role":"user","content":[{"type":"text","text":"Hi"},{"type":"text","text":"!"}]},
             {"role":"assistant","content":"Yes?"},{"role":"user","content":"naïve 猫"}],
             "temperature":0.7,"top_p":0.9,"n":1,"max_tokens":8,"stop":["x","yz"],"seed":7,"logprobs":true,
             "top_logprobs":2,"logit_bias":{"5":1.5},"stream":false,"stream_options":{"include_usage":true},
             "frequency_penalty":0.1,"presence_penalty":0.1,"top_k":5,"min_p":0.1,"repetition_penalty":1.1,
             "stop_token_ids":[3],"ignore_eos":false,"user":"u","metadata":{"a":"b"}}""",
            "/v1/completions",
            """
            {"model":"herd-tiny","prompt":["a","b"],"max_tokens":4,"n":1,"echo":true,"temperature":0,
             "stream":true,"stream_options":{"include_usage":true},"logit_bias":{"1":-100},"stop":"q"}""",
            "/v1/responses",
            """
            {"model":"herd-tiny","instructions":"Be brief.","input":[{"role":"user","content":"Hi"},
             {"type":"message","role":"assistant","content":[{"type":"output_text","text":"Yes?"}]},
             {"type":"message","role":"user","content":[{"type":"input_text","text":"So"}]}],
             "max_output_tokens":6,"temperature":1,"top_p":1,"stream":false,"store":true,"metadata":{"k":"v"},
             "text":{"format":{"type":"text"}},"tools":[],"tool_choice":"auto","parallel_tool_calls":true}""",
            "/v1/responses/input_tokens",
            "{\"model\":\"herd-tiny\",\"input\":\"Hi\"}",
            "/llama/v1/chat/completions",
            """
            {"model":"herd-tiny","messages":[{"role":"user","content":{"type":"text","text":"Hi"}}],
             "max_completion_tokens":4,"temperature":0.5,"top_k":3,"stream":true,"repetition_penalty":1}""",
            "/tokenize",
            "{\"prompt\":\"Hello\",\"add_special_tokens\":true,\"return_token_strs\":true}",
            "/detokenize",
            "{\"model\":\"herd-tiny\",\"tokens\":[1,2,3]}",
            "/v1/embeddings",
            "{\"model\":\"herd-tiny\",\"input\":[\"a\"]}");
    private static final List<String> PATHS = SOUND.keySet().stream().sorted().toList();
    private static final List<String> OTHER_PATHS = List.of(
            "/v1/models",
            "/v1/models/herd-tiny",
            "/v1/models/%zz",
            "/v1/models/%00%ff",
            "/v1/models/..%2f..",
            "/v1/responses/resp_0",
            "/v1/responses/resp_0/cancel",
            "/v1/responses/resp_0/input_items?limit=x",
            "/v1/responses/%f0%28",
            "/llama/v1/models",
            "/openapi?format=json",
            "/nothing",
            "//v1//models",
            "/v1/../q",
            "/?" + "a".repeat(3000));
    private static final List<String> TYPES = List.of(
            "application/json",
            "application/json; charset=utf-8",
            "application/json; charset=latin1",
            "application/json; charset=nonsense",
            "text/plain",
            "multipart/form-data; boundary=x",
            "multipart/form-data",
            "application/x-www-form-urlencoded",
            "application/problem+json",
            "nonsense",
            "*/*",
            ";;",
            "");

    private final long seed;

    RequestMaker(long seed) {
        this.seed = seed;
    }

    /** Request number {@code n}. */
    FuzzRequest make(int n) {
        SplittableRandom random = new SplittableRandom(seed * 31 + n);
        boolean hasKnownBody = random.nextInt(10) < 8;
        String path = pick(hasKnownBody ? PATHS : OTHER_PATHS, random);
        String method = random.nextInt(15) == 0 || !hasKnownBody
                ? pick(List.of("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW"), random)
                : "POST";
        String type = random.nextInt(12) == 0 ? pick(TYPES, random) : "application/json";
        byte[] body = body(path, type, random);
        boolean isBodyless = method.equals("GET") || method.equals("HEAD");
        return request(method, path, type, isBodyless ? new byte[0] : body, random);
    }

    private static byte[] body(String path, String type, SplittableRandom random) {
        String sound = SOUND.getOrDefault(path, "{}");
        String text = new JsonMutator(random, JSON).spoil(parse(sound), random.nextInt(4));
        if (type.startsWith("multipart")) {
            text = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" + text + "\r\n--x"
                    + (random.nextBoolean() ? "--\r\n" : "");
        }
        byte[] bytes = text.getBytes(random.nextInt(30) == 0 ? StandardCharsets.UTF_16 : StandardCharsets.UTF_8);
        switch (random.nextInt(12)) {
            case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            case 1 -> bytes = Arrays.copyOf(bytes, bytes.length + random.nextInt(1, 9));
            case 2 -> spoil(bytes, random);
            case 3 -> bytes = concat(new byte[] {(byte) 0xef, (byte) 0xbb, (byte) 0xbf}, bytes);
            default -> {}
        }
        return bytes;
    }

    /** Bytes that are no UTF-8 anywhere, or half a character. */
    private static void spoil(byte[] bytes, SplittableRandom random) {
        for (int i = random.nextInt(1, 4); i > 0 && bytes.length > 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(0x80, 0x100);
        }
    }

    private static FuzzRequest request(String method, String path, String type, byte[] body, SplittableRandom random) {
        boolean isChunked = body.length > 0 && random.nextInt(4) == 0;
        StringBuilder head = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n");
        if (body.length > 0 || method.equals("POST")) {
            head.append("Content-Type: ").append(type).append("\r\n");
            head.append(isChunked ? "Transfer-Encoding: chunked" : "Content-Length: " + body.length)
                    .append("\r\n");
        }
        if (random.nextInt(20) == 0) {
            head.append(pick(
                    List.of(
                            "Accept: image/png\r\n",
                            "Accept: ,;q=x\r\n",
                            "Accept-Encoding: gzip, nonsense\r\n",
                            "Authorization: Bearer sk-x.y.z\r\n",
                            "Origin: https://elsewhere.example\r\nAccess-Control-Request-Method: POST\r\n",
                            "x-request-id: ${jndi:ldap://x}\r\n",
                            "Content-Encoding: gzip\r\n"),
                    random));
        }
        boolean isUnframed = random.nextInt(60) == 0;
        if (isUnframed) {
            head.append("Content-Length: " + (body.length + random.nextInt(1, 99)) + "\r\n");
        }
        byte[] sent = concat(
                head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1),
                isChunked ? chunked(body, random) : body);
        boolean isSlow = random.nextInt(20) == 0;
        boolean leaves = isUnframed || random.nextInt(20) == 0;
        int length = leaves && random.nextBoolean() ? random.nextInt(1, sent.length) : sent.length;
        return new FuzzRequest(
                isSlow ? cut(Arrays.copyOf(sent, length), random) : List.of(Arrays.copyOf(sent, length)),
                isSlow ? random.nextInt(1, 4) : 0,
                leaves,
                !isUnframed && !type.equals(""),
                method.equals("HEAD"),
                !path.contains("%zz"));
    }

    private static byte[] chunked(byte[] body, SplittableRandom random) {
        ByteArrayOutputStream framed = new ByteArrayOutputStream();
        for (int from = 0; from < body.length; ) {
            int size = Math.min(body.length - from, random.nextInt(1, 200));
            framed.writeBytes((Integer.toHexString(size) + "\r\n").getBytes(StandardCharsets.US_ASCII));
            framed.write(body, from, size);
            framed.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
            from += size;
        }
        framed.writeBytes("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        return framed.toByteArray();
    }

    private static List<byte[]> cut(byte[] bytes, SplittableRandom random) {
        List<byte[]> pieces = new ArrayList<>();
        for (int from = 0; from < bytes.length; ) {
            int size = Math.min(bytes.length - from, random.nextInt(1, bytes.length / 4 + 2));
            pieces.add(Arrays.copyOfRange(bytes, from, from + size));
            from += size;
        }
        return pieces;
    }

    private static byte[] concat(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    private static String pick(List<String> list, SplittableRandom random) {
        return list.get(random.nextInt(list.size()));
    }

    private static JsonNode parse(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
