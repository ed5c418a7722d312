/** The alerts that fire five minutes after the database of one instance is gone, by their labels. */
export const DATABASE_OUTAGE: readonly Readonly<Record<string, string>>[] = [
  ...['DatabaseUnhealthy', 'DatabaseConnectionsFailing', 'DatabaseErrors', 'DatabasePoolExhausted'].map(
    (alertname) => ({ alertname, job: 'shop', instance: 'a:9464' }),
  ),
  { alertname: 'ServiceErrors', job: 'shop' },
];
