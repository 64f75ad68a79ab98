// The page: its three parts. For the console of the browser `coppice` is the library, and `playground` what is kept.

import * as coppice from 'coppice';
import { readTree } from './arena.js';
import { maps, startBuilding, vectors } from './building.js';
import { startMeasuring } from './measuring.js';
import { startWorking } from './working.js';

Object.assign(globalThis, { coppice, playground: { maps, vectors, readTree } });
startBuilding();
startWorking();
startMeasuring();
