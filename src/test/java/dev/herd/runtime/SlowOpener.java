package dev.herd.runtime;

import jakarta.enterprise.inject.Alternative;
import jakarta.inject.Singleton;
import java.util.concurrent.CountDownLatch;

/** Opens the model when the test lets it. */
@Alternative
@Singleton
public class SlowOpener implements ModelOpener {
    private final CountDownLatch permission = new CountDownLatch(1);

    @Override
    public LoadedModel open(ModelSettings settings) {
        try {
            permission.await();
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
        return LoadedModel.open(settings);
    }

    /** Lets the model be opened. */
    public void proceed() {
        permission.countDown();
    }
}
