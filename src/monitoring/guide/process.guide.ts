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
};
