const OF_PROCESS = /^process_/;
const OF_RUNTIME = /^(process|nodejs)_/;

/** Whether a metric of the host describes the whole process: it is equal in all of its threads. */
export function isProcessWideName(name: string, prefix: string): boolean {
  return OF_PROCESS.test(name) && !name.startsWith(prefix);
}

/** Whether a metric of the host describes one process or thread, as prom-client's default metrics do. */
export function isRuntimeName(name: string, prefix: string): boolean {
  return OF_RUNTIME.test(name) && !name.startsWith(prefix);
}
