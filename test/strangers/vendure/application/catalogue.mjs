import { PAYMENT_HANDLER } from './shop.mjs';

/** What Vendure's own `populate()` is given: see its documentation, "Importing data". */
export const INITIAL_DATA = {
  defaultLanguage: 'en',
  defaultZone: 'Europe',
  countries: [
    { code: 'AT', name: 'Austria', zone: 'Europe' },
    { code: 'DE', name: 'Germany', zone: 'Europe' },
    { code: 'FR', name: 'France', zone: 'Europe' },
    { code: 'CA', name: 'Canada', zone: 'Americas' },
    { code: 'US', name: 'United States', zone: 'Americas' },
  ],
  taxRates: [
    { name: 'Standard Tax', percentage: 20 },
    { name: 'Reduced Tax', percentage: 10 },
    { name: 'Zero Tax', percentage: 0 },
  ],
  shippingMethods: [
    { name: 'Standard Shipping', price: 500 },
    { name: 'Express Shipping', price: 1000 },
  ],
  paymentMethods: [{ name: 'Slow Payment', handler: { code: PAYMENT_HANDLER, arguments: [] } }],
  collections: ['Books', 'Music', 'Games'].map((name) => ({
    name,
    filters: [{ code: 'facet-value-filter', args: { facetValueNames: [name], containsAny: false } }],
  })),
};

const PRODUCTS = 24;
const CATEGORIES = ['Books', 'Music', 'Games'];
const BRANDS = ['Acme', 'Globex'];
const SIZES = ['small', 'large'];
const COLUMNS =
  'name,slug,description,assets,facets,optionGroups,optionValues,sku,price,taxCategory,stockOnHand,trackInventory,variantAssets,variantFacets';

/** Of each product two variants: the second line of a product has no name. */
export function productsAsCsv() {
  const lines = [COLUMNS];
  for (let number = 1; number <= PRODUCTS; number++) {
    const facets = `category:${CATEGORIES[number % CATEGORIES.length]}|brand:${BRANDS[number % BRANDS.length]}`;
    const product = `Product ${number},product-${number},Description of product ${number},,${facets},size`;
    SIZES.forEach((size, index) => {
      const variant = `${size},SKU-${number}-${size},${10 + number}.50,Standard Tax,100,true,,`;
      lines.push(`${index === 0 ? product : ',,,,,'},${variant}`);
    });
  }
  return lines.join('\n');
}
