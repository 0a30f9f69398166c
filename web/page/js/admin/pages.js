// The pages. Where they stand in the navigation follows their group, order and place here.

import './overview.js';
import './calls.js';
import './call.js';
import './rooms.js';
import './devices.js';
import './numbers.js';
import './setups.js';
import './ruleedit.js';
import './import.js';
import './dryrun.js';
import './records.js';
import './audit.js';
import './security.js';
import './tenants.js';
import './accounts.js';
import './tokens.js';
