import { testApplicationsOn } from './applications.js';

testApplicationsOn('11');
