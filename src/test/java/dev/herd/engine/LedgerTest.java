package dev.herd.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LedgerTest {
    private final Ledger ledger = new Ledger(2);

    private Duration retryAfter() {
        return catchThrowableOfType(QueueFullException.class, ledger::enter).retryAfter();
    }

    @Test
    void placesAreTakenAndFreed() {
        ledger.enter();
        ledger.enter();
        assertThatThrownBy(ledger::enter).isInstanceOf(QueueFullException.class);

        ledger.finish(FinishReason.STOP, 0);
        ledger.enter();
        ledger.fail();
        ledger.enter();

        assertThat(ledger.status(7, EngineStatus.Images.NONE).waiting()).isEqualTo(2);
        assertThat(ledger.status(7, EngineStatus.Images.NONE).failures()).isEqualTo(1);
        assertThat(ledger.isEmpty()).isFalse();
    }

    @Test
    void retryAfterFollowsTheMostRecentAnswersRoundedUp() {
        ledger.enter();
        for (int answer = 0; answer < 100; answer++) {
            ledger.enter();
            ledger.finish(FinishReason.STOP, Duration.ofSeconds(1000).toNanos());
        }
        for (int answer = 0; answer < 16; answer++) {
            ledger.enter();
            ledger.finish(FinishReason.STOP, Duration.ofMillis(2100).toNanos());
        }
        ledger.enter();

        assertThat(retryAfter()).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void retryAfterIsASecondWhenNothingIsKnown() {
        ledger.enter();
        ledger.enter();

        assertThat(retryAfter()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void theDoorOnlyCloses() {
        ledger.enter();
        ledger.advance(Ledger.Phase.CANCELLING);
        ledger.advance(Ledger.Phase.DRAINING);

        assertThatThrownBy(ledger::enter).isInstanceOf(EngineClosedException.class);
        assertThat(ledger.isCancelling()).isTrue();
        assertThat(ledger.isOver()).isFalse();
        ledger.finish(FinishReason.CANCELLED, 0);
        assertThat(ledger.isOver()).isTrue();
    }
}
