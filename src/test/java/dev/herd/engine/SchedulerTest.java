package dev.herd.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.TensorType;
import dev.herd.model.KvLayout;
import dev.herd.weights.ModelConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SchedulerTest {
    private static Scheduler scheduler(int chunkSize, int blockCount, int maxRunning, int maxBatch, int slice) {
        ModelConfig config = FakeModelRunner.config(chunkSize, 8, 4);
        BlockManager blocks = new BlockManager(KvLayout.of(config, 4, TensorType.F32), config, blockCount);
        return new Scheduler(blocks, maxRunning, maxBatch, slice);
    }

    private static Sequence sequence(int promptTokens, int maxTokens) {
        GenerationRequest request = Requests.greedy(maxTokens, new int[promptTokens]);
        return new Sequence(request, new RecordingListener(), 1000, FakeModelRunner.VOCABULARY, 0);
    }

    private static void compute(Scheduler scheduler, List<Sequence> scheduled) {
        for (Sequence sequence : scheduled) {
            boolean wantsToken = sequence.wantsToken();
            scheduler.advance(sequence);
            if (wantsToken) {
                sequence.append(1, 0);
            }
        }
    }

    private static List<Integer> counts(List<Sequence> scheduled) {
        return scheduled.stream().map(Sequence::scheduledTokens).toList();
    }

    @Test
    void aLongPromptNeverStarvesDecodes() {
        Scheduler scheduler = scheduler(0, 10_000, 4, 8, 6);
        Sequence first = sequence(2, 50);
        Sequence second = sequence(3, 50);
        scheduler.add(first);
        scheduler.add(second);
        compute(scheduler, scheduler.schedule(0));
        Sequence longPrompt = sequence(100, 5);
        scheduler.add(longPrompt);

        for (int step = 0; step < 10; step++) {
            List<Sequence> scheduled = scheduler.schedule(0);
            assertThat(scheduled).containsExactly(first, second, longPrompt);
            assertThat(counts(scheduled)).containsExactly(1, 1, 6);
            compute(scheduler, scheduled);
        }
    }

    @Test
    void slicesOfSeveralPromptsFillTheBatchOldestFirst() {
        Scheduler scheduler = scheduler(0, 10_000, 4, 16, 7);
        scheduler.add(sequence(20, 1));
        scheduler.add(sequence(5, 1));
        scheduler.add(sequence(20, 1));
        scheduler.add(sequence(20, 1));

        List<Sequence> scheduled = scheduler.schedule(0);

        assertThat(counts(scheduled)).containsExactly(7, 5, 4);
    }

    @Test
    void slicesEndAtTheBordersOfAttentionChunks() {
        Scheduler scheduler = scheduler(4, 100, 1, 16, 3);
        scheduler.add(sequence(9, 1));

        assertThat(counts(scheduler.schedule(0))).containsExactly(3);
        compute(scheduler, scheduler.schedule(0));
        assertThat(counts(scheduler.schedule(0))).containsExactly(1);
        compute(scheduler, scheduler.schedule(0));
        assertThat(counts(scheduler.schedule(0))).containsExactly(3);
    }

    @Test
    void noMoreSequencesRunThanAllowed() {
        Scheduler scheduler = scheduler(0, 10_000, 2, 100, 10);
        List<Sequence> sequences = List.of(sequence(1, 5), sequence(1, 5), sequence(1, 5));
        sequences.forEach(scheduler::add);

        assertThat(scheduler.schedule(0)).containsExactly(sequences.get(0), sequences.get(1));
        scheduler.remove(sequences.get(0));
        assertThat(scheduler.schedule(0)).containsExactly(sequences.get(1), sequences.get(2));
        assertThat(sequences.stream().map(Sequence::state))
                .containsExactly(Sequence.State.FINISHED, Sequence.State.RUNNING, Sequence.State.RUNNING);
    }

    @Test
    void theOldestWaitingSequenceIsNotOvertakenWhenItFindsNoRoom() {
        Scheduler scheduler = scheduler(0, 20, 4, 100, 10);
        Sequence running = sequence(8, 5); // 12 positions: 12 of 20 blocks
        Sequence big = sequence(12, 5); // 16 positions: 16 blocks
        Sequence small = sequence(1, 1); // 1 position: 4 blocks
        scheduler.add(running);
        scheduler.add(big);
        scheduler.add(small);

        for (int step = 0; step < 3; step++) {
            assertThat(scheduler.schedule(0)).containsExactly(running);
        }
        scheduler.remove(running);
        assertThat(scheduler.schedule(0)).containsExactlyInAnyOrder(big, small);
    }

    @Test
    void aWaitingSequenceCanBeRemoved() {
        Scheduler scheduler = scheduler(0, 100, 1, 100, 10);
        Sequence first = sequence(1, 1);
        Sequence second = sequence(1, 1);
        scheduler.add(first);
        scheduler.add(second);
        scheduler.schedule(0);

        scheduler.remove(second);

        assertThat(scheduler.sequences()).containsExactly(first);
        assertThat(second.state()).isEqualTo(Sequence.State.FINISHED);
    }

    @Test
    void localBlocksOfPastChunksAreFreeForOthers() {
        ModelConfig config = FakeModelRunner.config(4, 8, 4);
        BlockManager blocks = new BlockManager(KvLayout.of(config, 4, TensorType.F32), config, 100);
        Scheduler scheduler = new Scheduler(blocks, 2, 16, 16);
        scheduler.add(sequence(20, 1));

        for (int step = 1; step <= 4; step++) {
            compute(scheduler, scheduler.schedule(0));
            assertThat(blocks.used()).as("after %d chunks", step).isEqualTo(step);
        }
        scheduler.schedule(0);
        assertThat(blocks.used()).isEqualTo(3 + 5);
        assertThat(blocks.reserved()).isEqualTo(3 + 5);
    }

    @Test
    void smallerPrioritiesAreAdmittedFirstAndEqualOnesInOrder() {
        Scheduler scheduler = scheduler(0, 10_000, 1, 16, 16);
        int[] priorities = {0, 5, -1, 0, 5, -1, 7, 3};
        List<Sequence> added = new ArrayList<>();
        for (int priority : priorities) {
            GenerationRequest request = new GenerationRequest(
                    new int[2],
                    SamplingParams.greedy(),
                    1,
                    Set.of(),
                    List.of(),
                    Optional.empty(),
                    0,
                    priority,
                    Optional.empty());
            Sequence sequence = new Sequence(request, new RecordingListener(), 1000, FakeModelRunner.VOCABULARY, 0);
            added.add(sequence);
            scheduler.add(sequence);
        }

        List<Integer> admitted = new ArrayList<>();
        for (int turn = 0; turn < priorities.length; turn++) {
            Sequence next = scheduler.schedule(0).getFirst();
            admitted.add(added.indexOf(next));
            scheduler.remove(next);
        }

        assertThat(admitted).containsExactly(2, 5, 0, 3, 7, 1, 4, 6);
    }
}
