package dev.herd.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.herd.media.MediaException.Reason;
import org.junit.jupiter.api.Test;

final class TileMemoryTest {
    @Test
    void memoryIsTakenUntilItsLeaseIsClosed() {
        TileMemory memory = new TileMemory(10);
        TileMemory.Lease first = memory.take(6);

        assertThat(catchThrowableOfType(MediaException.class, () -> memory.take(5))
                        .reason())
                .isEqualTo(Reason.BUSY);
        assertThat(memory.taken()).isEqualTo(6);
        first.close();
        first.close();

        assertThat(memory.taken()).isZero();
        memory.take(10).close();
        assertThat(catchThrowableOfType(MediaException.class, () -> memory.take(11))
                        .reason())
                .isEqualTo(Reason.TOO_LARGE);
        assertThat(memory.taken()).isZero();
    }
}
