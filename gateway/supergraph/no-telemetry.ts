// Imported before @apollo/gateway wherever that is: without this it sends metrics home and asks the cloud's address
// for where it runs. @see notes on @apollo/gateway 2.14.4, dist/index.js
process.env.APOLLO_TELEMETRY_DISABLED = '1'
