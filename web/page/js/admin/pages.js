// The pages, in the order in which they stand in the navigation.

import './overview.js';
