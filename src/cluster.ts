export {
  type ClusterHub,
  serveClusterHub,
  setUpClusterPrimary,
  type SocketHub,
} from './cluster/set-up-cluster-primary.js';
