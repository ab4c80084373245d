// Command bench makes spans with OpenTelemetry's SDK for Go as fast as it can, exports them over HTTP, and prints what
// they cost. bench/src/rows/go.ts builds and runs it.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"log"
	"os"
	"strconv"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const route = "/api/orders/{orderId}"

// The clock is read once for this many spans, so that reading it costs nothing.
const spansPerLook = 500

// figures are for the measured part of the load, except for Made.
type figures struct {
	Made      int     `json:"made"`
	Spans     int     `json:"spans"`
	Seconds   float64 `json:"seconds"`
	CPUMicros int64   `json:"cpuMicros"`
}

func main() {
	endpoint := flag.String("endpoint", "", "URL of the collector for spans; without one, a processor does nothing with them")
	seconds := flag.Float64("seconds", 3, "length of the load")
	warmUpSeconds := flag.Float64("warm-up-seconds", 2, "length of the same load before it")
	flag.Parse()

	result, err := run(*endpoint, duration(*warmUpSeconds), duration(*seconds))
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		log.Fatal(err)
	}
}

func duration(seconds float64) time.Duration {
	return time.Duration(seconds * float64(time.Second))
}

func run(endpoint string, warmUp, measured time.Duration) (figures, error) {
	ctx := context.Background()
	processor, err := newProcessor(ctx, endpoint)
	if err != nil {
		return figures{}, err
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(processor))
	tracer := provider.Tracer("bench", trace.WithInstrumentationVersion("1.0.0"))

	madeBefore := makeSpans(ctx, tracer, 0, warmUp)
	cpuBefore, start := cpuMicros(), time.Now()
	made := makeSpans(ctx, tracer, madeBefore, measured)
	result := figures{
		Made:      made,
		Spans:     made - madeBefore,
		Seconds:   time.Since(start).Seconds(),
		CPUMicros: cpuMicros() - cpuBefore,
	}
	return result, provider.Shutdown(ctx)
}

// newProcessor has the SDK's defaults, except that a full queue blocks the application instead of losing spans.
func newProcessor(ctx context.Context, endpoint string) (sdktrace.SpanProcessor, error) {
	if endpoint == "" {
		return noop{}, nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint))
	if err != nil {
		return nil, err
	}
	return sdktrace.NewBatchSpanProcessor(exporter, sdktrace.WithBlocking()), nil
}

// makeSpans returns the serial of the next span.
func makeSpans(ctx context.Context, tracer trace.Tracer, serial int, length time.Duration) int {
	for end := time.Now().Add(length); time.Now().Before(end); {
		for range spansPerLook {
			makeSpan(ctx, tracer, serial)
			serial++
		}
	}
	return serial
}

// makeSpan makes the same span as bench/src/application/signals/http-server-span.ts.
func makeSpan(ctx context.Context, tracer trace.Tracer, serial int) {
	_, span := tracer.Start(ctx, "GET "+route,
		trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(
			attribute.String("http.request.method", "GET"),
			attribute.String("http.route", route),
			attribute.Int("http.response.status_code", 200),
			attribute.String("url.scheme", "https"),
			attribute.String("url.path", "/api/orders/"+strconv.Itoa(100_000+serial%900_000)),
			attribute.String("server.address", "shop.example.com"),
			attribute.String("client.address", "10.20.30."+strconv.Itoa(100+serial%100)),
			attribute.Int("client.port", 30_000+serial%30_000),
			attribute.String("network.protocol.version", "1.1"),
			attribute.String("user_agent.original", "curl/8.9.1"),
		))
	span.End()
}

// cpuMicros is user and system time of all threads.
func cpuMicros() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return usage.Utime.Nano()/1_000 + usage.Stime.Nano()/1_000
}

type noop struct{}

func (noop) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (noop) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (noop) Shutdown(context.Context) error                  { return nil }
func (noop) ForceFlush(context.Context) error                { return nil }
