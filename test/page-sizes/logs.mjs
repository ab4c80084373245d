export { BackpressureLogRecordProcessor, OtlpLogRecordExporter } from '@spillway/logs';
