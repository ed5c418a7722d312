export const GIVEN_NAMES = [
  'Ada',
  'Bruno',
  'Chiara',
  'Dmitri',
  'Elif',
  'Femi',
  'Greta',
  'Hugo',
  'Ines',
  'Jun',
] as const;

export const FAMILY_NAMES = [
  'Albrecht',
  'Bianchi',
  'Costa',
  'Duarte',
  'Eriksen',
  'Farouk',
  'Grant',
  'Horvat',
  'Ito',
  'Jansen',
] as const;

export const COUNTRIES = [
  'Brazil',
  'Croatia',
  'Egypt',
  'Germany',
  'Italy',
  'Japan',
  'Nigeria',
  'Norway',
] as const;

export const TITLE_OPENINGS = [
  'A History of',
  'Letters on',
  'Notes from',
  'The Art of',
  'The Last Days of',
  'The Secret Life of',
  'Twelve Essays on',
  'Understanding',
] as const;

export const TITLE_SUBJECTS = [
  'Clockmakers',
  'Deep Water',
  'Distant Harbours',
  'Empty Houses',
  'Glass',
  'Migrating Birds',
  'Northern Railways',
  'Paper Maps',
  'Quiet Machines',
  'Salt',
  'Stone Bridges',
  'Winter Gardens',
] as const;

export const TITLE_PLACES = [
  'Alexandria',
  'Bergen',
  'Kyoto',
  'Lagos',
  'Recife',
  'Split',
  'Trieste',
  'Weimar',
] as const;

export const OPINIONS = [
  'Could not put it down.',
  'Good, if a little long.',
  'I expected more of the ending.',
  'Not for me.',
  'The best I have read this year.',
] as const;
