package program

import (
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/jsonstr"
	"google.golang.org/grpc/grpclog"
)

// Formats of the operational log.
const (
	Text = "text"
	JSON = "json"
)

// Environment variables that stand in for flags.
const (
	EnvPort      = "GATEWAY_PORT"
	EnvAddress   = "GATEWAY_ADDRESS" // host:port of the first listener
	EnvAdmin     = "GATEWAY_ADMIN"   // host:port of the admin API
	EnvLogLevel  = "GATEWAY_LOG_LEVEL"
	EnvLogFormat = "GATEWAY_LOG_FORMAT"
)

// Log are the settings of the operational log, as text; "" is not given.
type Log struct{ Level, Format string }

// Flags is where flags are defined: the FlagSet of package flag, or that of pflag.
type Flags interface {
	Func(name, usage string, set func(value string) error)
	BoolVar(p *bool, name string, value bool, usage string)
}

// TextFlag defines a flag whose value is a text that is not empty. What is left of a variable that
// is not set, as in --config "$FILE", is an error, and not the default.
func TextFlag(f Flags, p *string, name, usage string) {
	f.Func(name, usage, func(value string) error {
		if value == "" {
			return errors.New("it is empty; give it a value, or leave the flag out")
		}
		*p = value
		return nil
	})
}

// Bind defines the flags.
func (l *Log) Bind(f Flags) {
	TextFlag(f, &l.Level, "log-level",
		"debug, info, warn or error; the default is info ("+EnvLogLevel+")")
	TextFlag(f, &l.Format, "log-format", "text or json; the default is text ("+EnvLogFormat+")")
}

// Complete takes what is not given from the environment, and checks both.
func (l *Log) Complete(env func(string) string) error {
	Fill(&l.Level, env(EnvLogLevel), "info")
	Fill(&l.Format, env(EnvLogFormat), Text)
	return errors.Join(
		oneOf("log-level", EnvLogLevel, l.Level, "debug", "info", "warn", "error"),
		oneOf("log-format", EnvLogFormat, l.Format, Text, JSON),
	)
}

// FormatSoFar is the format for an error that comes before the settings are complete.
func (l *Log) FormatSoFar(env func(string) string) string {
	if format := l.Format; format != "" {
		return format
	}
	return env(EnvLogFormat)
}

// Logger makes the operational log that completed settings ask for.
func (l *Log) Logger(out io.Writer) *logrus.Logger {
	level, err := logrus.ParseLevel(l.Level)
	if err != nil {
		level = logrus.InfoLevel // Complete has checked it
	}
	return newLogger(out, l.Format, level)
}

func newLogger(out io.Writer, format string, level logrus.Level) *logrus.Logger {
	log := logrus.New()
	log.SetOutput(out)
	log.SetLevel(level)
	switch {
	case format == JSON:
		log.SetFormatter(durations{&logrus.JSONFormatter{}})
	case Terminal(out):
		// logrus looks for a terminal by itself, but not behind an Outlet.
		log.SetFormatter(&logrus.TextFormatter{ForceColors: true})
	}
	log.SetFormatter(escaped{log.Formatter})
	return log
}

// escaped writes no character that a terminal obeys, or that changes how a line looks: a
// message may have a text of somebody else's.
type escaped struct{ logrus.Formatter }

// Format escapes what the formatter has left raw.
func (e escaped) Format(entry *logrus.Entry) ([]byte, error) {
	line, err := e.Formatter.Format(entry)
	return jsonstr.Escape(line), err
}

// durations writes durations with a unit. JSON would have the bare number of nanoseconds.
type durations struct{ logrus.Formatter }

// Format may change the entry: logrus gives each formatter a copy of the fields.
func (d durations) Format(e *logrus.Entry) ([]byte, error) {
	for key, value := range e.Data {
		if value, ok := value.(time.Duration); ok {
			e.Data[key] = value.String()
		}
	}
	return d.Formatter.Format(e)
}

// Fill gives a setting that has no value the first of these texts that is not empty.
func Fill(p *string, values ...string) {
	for _, v := range values {
		if *p == "" {
			*p = v
		}
	}
}

// oneOf checks a setting that has few values.
func oneOf(flag, env, value string, words ...string) error {
	for _, w := range words {
		if value == w {
			return nil
		}
	}
	last := len(words) - 1
	list := strings.Join(words[:last], ", ") + " or " + words[last]
	return fmt.Errorf("--%s or %s is %q; it must be %s", flag, env, value, list)
}

// Capture lets what libraries print by themselves go through the log: the log package of Go,
// which net/http uses, and the errors of gRPC. It changes the whole process, so only a main
// function may call it, before anything else runs.
func Capture(log *logrus.Logger) {
	stdlog.SetFlags(0)
	stdlog.SetOutput(foreign{log})
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, foreign{log}))
}

// foreign logs the lines of a library as errors.
type foreign struct{ log *logrus.Logger }

func (f foreign) Write(p []byte) (int, error) {
	text := strings.TrimSpace(string(p))
	if _, rest, ok := strings.Cut(text, "ERROR: "); ok {
		text = rest // gRPC begins its lines with the time and the level, which the log has too
	}
	f.log.Error(text)
	return len(p), nil
}
