package dev.herd.grammar;

import org.jspecify.annotations.Nullable;

/**
 * A named part of a syntax that may refer to itself. Two rules are the same only if they are one object. Its body is
 * given once, after those that refer to it may have been made.
 */
final class Rule {
    private final String name;
    private @Nullable Node body;

    Rule(String name) {
        this.name = name;
    }

    /** A rule that refers to nothing made later. */
    static Rule of(String name, Node body) {
        Rule rule = new Rule(name);
        rule.define(body);
        return rule;
    }

    void define(Node definition) {
        if (body != null) {
            throw new IllegalStateException("the rule " + name + " has a body");
        }
        body = definition;
    }

    String name() {
        return name;
    }

    Node body() {
        if (body == null) {
            throw new IllegalStateException("the rule " + name + " has no body");
        }
        return body;
    }
}
