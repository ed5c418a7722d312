import { DefaultSearchPlugin, LanguageCode, PaymentMethodHandler } from '@vendure/core';

export const PAYMENT_HANDLER = 'slow-payment';
const SUPERADMIN = { identifier: 'keeper', password: 'keeper-of-the-shop' };

const HOUR_MS = 3_600_000;

/** Asks the bank, inside the transaction of the mutation; what the bank does the order's payment says. */
const paymentAt = (bankUrl) =>
  new PaymentMethodHandler({
    code: PAYMENT_HANDLER,
    description: [{ languageCode: LanguageCode.en, value: 'Slow payment' }],
    args: {},
    async createPayment(_ctx, order, amount, _args, metadata) {
      const answer = await fetch(`${bankUrl}/payments`, { method: 'POST', body: JSON.stringify(metadata) });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error('The bank refuses.');
      return { amount, state: 'Settled', transactionId: `transaction-${order.code}` };
    },
    settlePayment: () => ({ success: true }),
  });

/** Vendure as its documentation sets it up, but for a queue of jobs that is started by `populate.mjs` only. */
export function shopConfig({ port = 0, plugins = [], synchronize = false, bankUrl, logger }) {
  let orders = 0;
  return {
    logger,
    apiOptions: {
      hostname: '127.0.0.1',
      port,
      adminApiPath: 'admin-api',
      shopApiPath: 'shop-api',
      cors: { origin: true, credentials: false },
      // Else an answer has the directories of the installation.
      shopApiDebug: false,
      adminApiDebug: false,
    },
    authOptions: {
      tokenMethod: ['bearer'],
      superadminCredentials: SUPERADMIN,
      requireVerification: false,
    },
    dbConnectionOptions: { type: 'postgres', url: process.env.DATABASE_URL, synchronize, logging: false },
    // What is read again when such a cache expires would depend on how quick the machine is.
    entityOptions: { channelCacheTtl: HOUR_MS, zoneCacheTtl: HOUR_MS, taxRateCacheTtl: HOUR_MS },
    orderOptions: { orderCodeStrategy: { generate: () => `ORDER-${++orders}` } },
    paymentOptions: { paymentMethodHandlers: [paymentAt(bankUrl)] },
    plugins: [DefaultSearchPlugin.init({ indexStockStatus: true }), ...plugins],
  };
}

/** Prints warnings and errors; they are part of what the test asserts. */
export const printingLogger = {
  error: (message, context, trace) => print('ERROR', context, trace ? `${message}\n${trace}` : message),
  warn: (message, context) => print('WARN', context, message),
  info: () => {},
  verbose: () => {},
  debug: () => {},
};

/** As JSON, so that a message of several lines is one line. */
function print(level, context, message) {
  console.log(JSON.stringify({ level, context, message }));
}
