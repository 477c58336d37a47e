'use strict';

/** The addon: built by `npm run build`, and never loaded from anywhere but beside this package. */
module.exports = require('../awsaccess.node');
