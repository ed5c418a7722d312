export interface Visit {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'OPTIONS' | 'DELETE';
  readonly path: string;
  /** Of a GraphQL request. */
  readonly query?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** A body that is no GraphQL request. */
  readonly text?: string;
  /** Who asks: each has a session. Nobody: no session. */
  readonly as?: 'customer' | 'administrator';
  /** The label `route`, where it is not the path: `<middleware>` is mounted at `/`. */
  readonly route?: string;
  /** What Vendure answers. */
  readonly status: number;
}

/** Of the mutation that takes its time; more than a busy machine adds to the others is not asserted. */
export const PAYMENT_WAIT_MS = 150;
export const SHOP_API = '/shop-api';
export const ADMIN_API = '/admin-api';

const PRODUCT = `id name slug description createdAt
  variants { id sku name price priceWithTax currencyCode stockLevel options { id name group { name } } facetValues { name facet { name } } }
  collections { id name breadcrumbs { name } } facetValues { id name facet { id name } } optionGroups { name options { name } }`;
const ORDER = `id code state active totalQuantity subTotalWithTax shippingWithTax totalWithTax createdAt updatedAt orderPlacedAt
  customer { id emailAddress } shippingAddress { fullName streetLine1 country }
  lines { id quantity linePriceWithTax productVariant { id sku product { id slug } } taxLines { description taxRate } }
  shippingLines { shippingMethod { code } priceWithTax } payments { id method amount state transactionId } taxSummary { description taxTotal }`;
const ORDER_OR_ERROR = `__typename ... on Order { ${ORDER} } ... on ErrorResult { errorCode message }`;

/** Reads a catalogue, buys something, and does much wrong. Twice, so that statements repeat. */
export const TRAFFIC: readonly Visit[] = [
  ...reads(),
  ...order({ number: 1, firstLine: 1 }),
  ...failures(),
].concat(reads(), order({ number: 2, firstLine: 5 }));

function reads(): Visit[] {
  const search = `query ($input: SearchInput!) { search(input: $input) {
    totalItems items { productId productName slug sku priceWithTax { ... on PriceRange { min max } ... on SinglePrice { value } } collectionIds }
    facetValues { count facetValue { name } } collections { count collection { name } } } }`;
  return [
    ...[0, 6, 12, 18].map((skip) =>
      shop(
        `products from ${skip}`,
        `query ($skip: Int) { products(options: { skip: $skip, take: 6 }) { totalItems items { ${PRODUCT} } } }`,
        { skip },
      ),
    ),
    ...[1, 2, 3].map((id) =>
      shop(`product ${id}`, `query ($id: ID!) { product(id: $id) { ${PRODUCT} } }`, { id: `${id}` }),
    ),
    shop('product by slug', `{ product(slug: "product-7") { ${PRODUCT} } }`),
    shop('no such product', `{ product(slug: "none") { id } }`),
    shop('facets', '{ facets { totalItems items { id name values { id name } } } }'),
    shop(
      'collections',
      '{ collections { items { id name parent { name } productVariants { totalItems items { sku product { slug } } } } } }',
    ),
    shop(
      'collection',
      '{ collection(slug: "books") { name children { name } productVariants(options: { take: 5 }) { items { sku } } } }',
    ),
    shop('search by term', search, { input: { term: 'product 1', take: 5 } }),
    shop('search by facet', search, {
      input: { facetValueFilters: [{ and: '1' }], groupByProduct: true, take: 10 },
    }),
    shop('search by collection', search, { input: { collectionSlug: 'music', groupByProduct: true } }),
    shop(
      'countries',
      '{ availableCountries { id code name } activeChannel { id code defaultTaxZone { name members { code } } } }',
    ),
  ];
}

/** From an empty basket to a paid order, with the bank failing once. */
function order({ number, firstLine }: { number: number; firstLine: number }): Visit[] {
  const pay = `mutation ($metadata: JSON!) { addPaymentToOrder(input: { method: "slow-payment", metadata: $metadata }) { ${ORDER_OR_ERROR} } }`;
  const address = {
    fullName: 'Ada Buyer',
    streetLine1: '1 Long Road',
    city: 'Vienna',
    postalCode: '1010',
    countryCode: 'AT',
  };
  const add = `mutation ($id: ID!, $quantity: Int!) { addItemToOrder(productVariantId: $id, quantity: $quantity) { ${ORDER_OR_ERROR} } }`;
  const state = `mutation ($state: String!) { transitionOrderToState(state: $state) { ${ORDER_OR_ERROR} } }`;
  const customer = `mutation ($input: CreateCustomerInput!) { setCustomerForOrder(input: $input) { ${ORDER_OR_ERROR} } }`;
  return [
    buy('log out', 'mutation { logout { success } }'),
    ...[1, 4, 9, 16].map((id) => buy(`add variant ${id}`, add, { id: `${id}`, quantity: 2 })),
    buy('add more than allowed', add, { id: '20', quantity: 1000 }),
    buy('add an unknown variant', add, { id: '4711', quantity: 1 }),
    buy('basket', `{ activeOrder { ${ORDER} } }`),
    buy('pay too early', pay, { metadata: {} }),
    buy(
      'adjust',
      `mutation ($id: ID!) { adjustOrderLine(orderLineId: $id, quantity: 3) { ${ORDER_OR_ERROR} } }`,
      { id: `${firstLine}` },
    ),
    buy('customer', customer, {
      input: { firstName: 'Ada', lastName: 'Buyer', emailAddress: `buyer-${number}@example.com` },
    }),
    buy(
      'address',
      `mutation ($input: CreateAddressInput!) { setOrderShippingAddress(input: $input) { ${ORDER_OR_ERROR} } }`,
      { input: address },
    ),
    buy('shipping methods', '{ eligibleShippingMethods { id code priceWithTax } nextOrderStates }'),
    buy('shipping', `mutation { setOrderShippingMethod(shippingMethodId: ["2"]) { ${ORDER_OR_ERROR} } }`),
    buy('impossible state', state, { state: 'Delivered' }),
    buy('arrange payment', state, { state: 'ArrangingPayment' }),
    buy('payment methods', '{ eligiblePaymentMethods { id code isEligible } }'),
    buy('the bank fails', pay, { metadata: { waitMs: PAYMENT_WAIT_MS, fails: true } }),
    buy('the bank is slow', pay, { metadata: { waitMs: PAYMENT_WAIT_MS } }),
    buy('no basket any more', '{ activeOrder { id } }'),
    buy('the order', `query ($code: String!) { orderByCode(code: $code) { ${ORDER} } }`, {
      code: `ORDER-${number}`,
    }),
  ];
}

/** Of every kind that a server meets. */
function failures(): Visit[] {
  const login =
    'mutation ($password: String!) { login(username: "keeper", password: $password) { __typename } }';
  const admin = (name: string, query: string, variables = {}): Visit => ({
    ...shop(name, query, variables),
    path: ADMIN_API,
    as: 'administrator',
  });
  return [
    { ...shop('unknown mutation', 'mutation { robTheBank { id } }'), status: 400 },
    {
      ...shop(
        'invalid input',
        'mutation { addItemToOrder(productVariantId: "1", quantity: "many") { __typename } }',
      ),
      status: 400,
    },
    { ...shop('broken query', '{ products {'), status: 400 },
    // The server refuses the value: a statement that fails.
    shop('an id that is no id', '{ product(id: "99999999999") { id } }'),
    shop('a list that is too long', '{ products(options: { take: 100000 }) { totalItems } }'),
    { ...shop('broken JSON', ''), text: '{"query": ', route: '<middleware>', status: 400 },
    admin('admin without a session', '{ orders { totalItems } }'),
    admin('wrong password', login, { password: 'wrong' }),
    admin('login', login, { password: 'keeper-of-the-shop' }),
    admin(
      'orders',
      `{ orders { totalItems items { code state customer { emailAddress } lines { productVariant { sku } } } } }`,
    ),
    admin(
      'variants',
      '{ productVariants(options: { take: 12 }) { items { sku stockOnHand stockLevels { stockOnHand stockLocation { name } } prices { price } taxCategory { name } } } }',
    ),
    admin(
      'rename a product',
      'mutation { updateProduct(input: { id: "5", translations: [{ languageCode: en, name: "Renamed" }] }) { id name } }',
    ),
    admin('rename nothing', 'mutation { updateProduct(input: { id: "4711", enabled: true }) { id } }'),
    { name: 'preflight', method: 'OPTIONS', path: SHOP_API, route: '<middleware>', status: 204 },
    { name: 'health', method: 'GET', path: '/health', status: 200 },
    {
      name: 'GraphQL by GET',
      method: 'GET',
      path: `${SHOP_API}?query=${encodeURIComponent('{ facets { totalItems } }')}`,
      status: 200,
    },
    { name: 'nothing there', method: 'GET', path: '/nothing', status: 404 },
    { name: 'nothing to post to', method: 'POST', path: '/nothing', text: '{}', status: 404 },
    { name: 'nothing to delete', method: 'DELETE', path: '/products/1', status: 404 },
    { name: 'nothing below', method: 'GET', path: '/assets/none.jpg', status: 404 },
  ];
}

function shop(name: string, query: string, variables: Readonly<Record<string, unknown>> = {}): Visit {
  return { name, method: 'POST', path: SHOP_API, query, variables, status: 200 };
}

function buy(name: string, query: string, variables: Readonly<Record<string, unknown>> = {}): Visit {
  return { ...shop(name, query, variables), as: 'customer' };
}
