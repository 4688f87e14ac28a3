package dev.herd.api;

/** The body of a streamed answer, before any of it exists. */
record StreamBody(Answer answer, AnswerHead head) {}
