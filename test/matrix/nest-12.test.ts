import { testApplicationsOn } from './applications.js';

testApplicationsOn('12');
