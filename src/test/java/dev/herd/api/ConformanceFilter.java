package dev.herd.api;

import io.restassured.filter.Filter;
import io.restassured.filter.FilterContext;
import io.restassured.response.Response;
import io.restassured.specification.FilterableRequestSpecification;
import io.restassured.specification.FilterableResponseSpecification;
import java.net.URI;
import java.util.List;

/** Fails a test whose answer is not what openapi/herd.yaml says about its path, method, status and media type. */
final class ConformanceFilter implements Filter {
    @Override
    public Response filter(
            FilterableRequestSpecification request, FilterableResponseSpecification expected, FilterContext context) {
        Response response = context.next(request, expected);
        // REST Assured escapes the colon before a verb, which templates have as it is.
        String path = URI.create(request.getURI()).getRawPath().replace("%3A", ":");
        List<String> complaints = ApiDocument.stored()
                .judge(request.getMethod(), path, response.statusCode(), response.contentType(), response.asString());
        if (!complaints.isEmpty()) {
            throw new AssertionError("the answer to " + request.getMethod() + " " + path + " is not as described:\n"
                    + String.join("\n", complaints) + "\n" + response.asString());
        }
        return response;
    }
}
