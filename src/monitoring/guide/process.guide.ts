import type { Guide } from './guide.interface.js';

export const PROCESS_GUIDE: Guide = {
  info: {
    unit: 'none, always 1',
    query: 'count by (version, node) (#info)',
    remedy: '**When two versions stay for long**: a deployment is stuck, or one instance was not restarted.',
  },
  uptime_seconds: {
    unit: 'seconds',
    query: '#uptime_seconds < 300',
    remedy: '**When it is low repeatedly**: the process restarts. See `#process_start_time_seconds`.',
  },
  process_start_time_seconds: {
    unit: 'seconds since 1970 (Unix timestamp)',
    query: 'changes(#process_start_time_seconds[1h])',
    remedy:
      '**When the process restarts unexpectedly**: look for lack of memory (`process_resident_memory_bytes` rises until each restart), an uncaught error (in the log), or a liveness probe that is too strict.',
  },
  cluster_starts_total: {
    unit: 'starts',
    query: 'increase(#cluster_starts_total[1h])',
    remedy:
      '**When it rises all the time**: a worker ends again and again, and is replaced. The log of the primary, or of PM2, has exit codes and signals. **When it rises for some minutes**: a reload or a deployment.',
  },
  eventloop_utilization_ratio: {
    unit: 'share from 0 to 1',
    query: 'max by (instance) (#eventloop_utilization_ratio)',
    remedy:
      '**When it stays above 0.8**: the process can hardly take more requests. Add instances, or find the synchronous work with a CPU profile (`node --cpu-prof`). A high lag with a low utilization is a single long block, or a CPU limit.',
  },
  process_memory_limit_bytes: {
    unit: 'bytes',
    query:
      'sum by (instance) (@process_resident_memory_bytes) / sum by (instance) (#process_memory_limit_bytes)',
    remedy:
      '**When the resident memory comes near it**: the kernel ends the process at the limit. Raise the limit, or set `--max-old-space-size` to about three quarters of it, so that V8 collects earlier.',
  },
  process_cpu_limit_cores: {
    unit: 'cores',
    query:
      'sum by (instance) (rate(@process_cpu_seconds_total[5m])) / sum by (instance) (#process_cpu_limit_cores)',
    remedy:
      '**When the CPU time comes near it**: the kernel pauses the process until the next period, which shows as event loop lag. Raise the limit. Below 1, a burst of work already waits.',
  },
};
