/** The page with its scripts and styles. `scripts/build-live-page.mjs` makes the module from `page/`. */
export declare const PAGE: string;
