package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.WorkerGrid2D;
import uk.ac.manchester.tornado.api.WorkerGrid3D;

/** Grids of groups that are one-dimensional inside. */
final class Grids {
    private Grids() {}

    static WorkerGrid groups(int x, int items) {
        WorkerGrid grid = new WorkerGrid1D(Math.multiplyExact(x, items));
        grid.setLocalWork(items, 1, 1);
        return grid;
    }

    static WorkerGrid groups(int x, int y, int items) {
        WorkerGrid grid = new WorkerGrid2D(Math.multiplyExact(x, items), y);
        grid.setLocalWork(items, 1, 1);
        return grid;
    }

    static WorkerGrid groups(int x, int y, int z, int items) {
        WorkerGrid grid = new WorkerGrid3D(Math.multiplyExact(x, items), y, z);
        grid.setLocalWork(items, 1, 1);
        return grid;
    }
}
