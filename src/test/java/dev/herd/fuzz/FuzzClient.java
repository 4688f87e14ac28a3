package dev.herd.fuzz;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A connection that sends whatever it is given, byte by byte if need be, and reads what comes. For one thread. */
final class FuzzClient implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 30_000;

    private final int port;
    private @Nullable Socket socket;
    private @Nullable InputStream in;

    FuzzClient(int port) {
        this.port = port;
    }

    /** An answer. */
    record Reply(int status, String body) {}

    /**
     * The answer, or none if the client leaves before or the server closes the connection.
     *
     * @throws InterruptedIOException if nothing comes
     */
    Optional<Reply> send(FuzzRequest request) throws IOException {
        Socket open = open();
        try {
            for (byte[] piece : request.pieces()) {
                open.getOutputStream().write(piece);
                open.getOutputStream().flush();
                LockSupport.parkNanos(request.pauseMillis() * 1_000_000L);
            }
            if (request.leaves()) {
                hangUp();
                return Optional.empty();
            }
            Reply reply = read(request.isHead());
            if (!request.isFramed()) {
                hangUp();
            }
            return Optional.of(reply);
        } catch (SocketException | EOFException closed) {
            hangUp();
            return Optional.empty();
        }
    }

    private Socket open() throws IOException {
        if (socket == null) {
            socket = new Socket("localhost", port);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.setTcpNoDelay(true);
            in = new BufferedInputStream(socket.getInputStream());
        }
        return socket;
    }

    private Reply read(boolean isHead) throws IOException {
        int status = Integer.parseInt(line().substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length()));
        int length = 0;
        boolean isChunked = false;
        boolean isLast = false;
        for (String header = line(); !header.isEmpty(); header = line()) {
            String lower = header.toLowerCase(Locale.ROOT);
            if (lower.startsWith("content-length:")) {
                length = Integer.parseInt(
                        lower.substring("content-length:".length()).strip());
            }
            isChunked |= lower.startsWith("transfer-encoding: chunked");
            isLast |= lower.startsWith("connection: close");
        }
        byte[] body = isHead ? new byte[0] : isChunked ? readChunks() : stream().readNBytes(length);
        if (isLast) {
            hangUp();
        }
        return new Reply(status, new String(body, StandardCharsets.UTF_8));
    }

    private byte[] readChunks() throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int size = Integer.parseInt(line(), 16); ; size = Integer.parseInt(line(), 16)) {
            body.writeBytes(stream().readNBytes(size));
            line();
            if (size == 0) {
                return body.toByteArray();
            }
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = stream().read(); next != '\n'; next = stream().read()) {
            if (next < 0) {
                throw new EOFException();
            }
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return line.toString();
    }

    private InputStream stream() throws EOFException {
        if (in == null) {
            throw new EOFException();
        }
        return in;
    }

    /** Closes the connection; the next request opens another. */
    void hangUp() throws IOException {
        if (socket != null) {
            socket.close();
        }
        socket = null;
        in = null;
    }

    @Override
    public void close() throws IOException {
        hangUp();
    }
}
