// The pages, in the order in which they stand in the navigation.

import './overview.js';
<<<<<<< ours
import './numbers.js';
import './ruleedit.js';
import './import.js';
import './dryrun.js';
import './records.js';
import './audit.js';
import './security.js';
import './tenants.js';
import './accounts.js';
import './tokens.js';
=======
import './calls.js';
import './call.js';
import './rooms.js';
import './devices.js';
>>>>>>> theirs
