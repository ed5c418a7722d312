/** Every unit that is recognised, with the one to use instead: Prometheus' base units, and the ratio. */
const UNITS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    amperes: ['amperes'],
    bytes: ['bytes', 'bits'],
    celsius: ['celsius', 'fahrenheit', 'rankine'],
    grams: ['grams', 'pounds', 'ounces'],
    joules: ['joules', 'calories'],
    kelvin: ['kelvin', 'kelvins'],
    meters: ['meters', 'inches', 'yards', 'miles'],
    metres: ['metres'],
    ratio: ['percent', 'percents', 'percentage', 'pct'],
    seconds: ['seconds', 'minutes', 'hours', 'days', 'weeks'],
    volts: ['volts'],
  }).flatMap(([base, units]) => units.map((unit) => [unit, base] as const)),
);

const MULTIPLES =
  /^(?:pico|nano|micro|milli|centi|deci|deca|hecto|kilo|kibi|mega|mebi|giga|gibi|tera|tebi|peta|pebi)/;

const ABBREVIATIONS: ReadonlySet<string> = new Set('s sec ms us ns m h d b kb mb gb tb pb'.split(' '));

/** The unit to use for `word`, itself when it is right; `undefined` when it is not known as a unit. */
export function properUnit(word: string): string | undefined {
  return UNITS.get(word) ?? UNITS.get(word.replace(MULTIPLES, ''));
}

export function isUnitAbbreviation(word: string): boolean {
  return ABBREVIATIONS.has(word);
}
