export * from './index.js';
import * as awsaccess from './index.js';
export default awsaccess;
