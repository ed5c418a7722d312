import cluster from 'node:cluster';
import { setUpClusterPrimary } from 'nestjs-hyper-metrics/cluster';

const WORKERS = 4;

/** Starts the workers, and others for those that end, until it is told to stop. */
export function runPrimary(port: number): void {
  // The one line of the library in the primary.
  setUpClusterPrimary();
  let isStopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      isStopping = true;
      Object.values(cluster.workers ?? {}).forEach((worker) => worker?.process.kill('SIGTERM'));
    });
  }
  cluster.on('exit', (worker, code, signal) => {
    console.log(`Worker ${worker.id} has ended (${signal ?? code}).`);
    if (!isStopping) cluster.fork();
  });
  cluster.once('listening', () => {
    console.log(`${WORKERS} workers at http://127.0.0.1:${port}, each with the metrics of all at /metrics.`);
  });
  for (let worker = 0; worker < WORKERS; worker += 1) cluster.fork();
}
