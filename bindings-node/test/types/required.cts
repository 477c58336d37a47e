// The declarations from CommonJS.
import awsaccess = require('awsaccess');

const line: string = awsaccess.redact('text');
const code: number = awsaccess.errorCodes.input;
void [line, code];
