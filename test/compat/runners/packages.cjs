module.exports = {
  ...require('@opentelemetry/sdk-logs'),
  ...require('@opentelemetry/sdk-trace'),
  ...require('@spillway/pipeline/testing'),
  ...require('@spillway/trace'),
};
