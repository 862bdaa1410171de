// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package probe

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
)

// Command is the program. All fields but Services may be left zero.
type Command struct {
	Services []Service
	Version  string
	Stdin    io.Reader
	// Stdout gets the table, Stderr all else.
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	// Wait waits, and Now is the time; nil are the real ones.
	Wait func(ctx context.Context, d time.Duration) error
	Now  func() time.Time
	// Transport is below what the run sees of the wire; nil sends.
	Transport func(http.RoundTripper) http.RoundTripper
	// Options are more options of the provider.
	Options []provider.Option
}

// errNo is the answer of somebody who doesn't want the run.
var errNo = errors.New("not confirmed: nothing was done")

// Run runs the program with its arguments. An error that comes with a report tells of a run that
// began: it was interrupted, or something is left over.
func (c Command) Run(ctx context.Context, args []string) (Report, error) {
	c.complete()
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		c.help()
		return Report{}, errors.New("name a service")
	}
	i := slices.IndexFunc(c.Services, func(s Service) bool { return s.Name == args[0] })
	if i < 0 {
		c.help()
		return Report{}, fmt.Errorf("no service %q", args[0])
	}
	service := c.Services[i]

	env := &Env{Wire: &Wire{}, Names: &Names{}, Wait: c.Wait, Now: c.Now}
	flags := flag.NewFlagSet("probe "+service.Name, flag.ContinueOnError)
	flags.SetOutput(c.Stderr)
	yes := flags.Bool("yes", false, "ask nothing before it begins, for pipelines")
	file := flags.String("o", "", "write the answers as JSON to this `FILE`, which mockbackend -facts takes")
	authorities := flags.String("ca", "", "trust the authorities in this PEM `FILE` too")
	flags.BoolVar(&env.ReadOnly, "read-only", false, "answer what reading alone can")
	flags.BoolVar(&env.AllowOpen, "allow-open", false, "allow that a scratch target is open to everybody for a moment")
	open := service.Targets(flags)
	if err := flags.Parse(args[1:]); err != nil {
		return Report{}, err
	}
	if flags.NArg() > 0 {
		return Report{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	subject, err := c.open(ctx, env, *authorities, open)
	if err != nil {
		return Report{}, err
	}
	if login, ok := subject.(interface{ Close(ctx context.Context) }); ok {
		defer login.Close(context.WithoutCancel(ctx))
	}
	if err := subject.Prepare(ctx); err != nil {
		return Report{}, fmt.Errorf("nothing was done: %w", err)
	}
	r := &run{env: env, subject: subject, answers: NewAnswers(service.Questions, env.Names), say: c.say}
	experiments := subject.Experiments()
	if writes := r.announce(service, experiments); writes && !*yes {
		if err := c.confirm(ctx); err != nil {
			return Report{}, err
		}
	}
	failure := r.try(ctx, experiments)
	report := newReport(service, c.Version, env.ReadOnly, r.answers)
	if err := report.WriteTable(c.Stdout, service.Questions); err != nil {
		return report, errors.Join(failure, err)
	}
	return report, errors.Join(failure, save(report, *file))
}

func (c *Command) complete() {
	if c.Stdin == nil {
		c.Stdin = strings.NewReader("")
	}
	if c.Stdout == nil {
		c.Stdout = io.Discard
	}
	if c.Stderr == nil {
		c.Stderr = io.Discard
	}
	if c.Getenv == nil {
		c.Getenv = os.Getenv
	}
	if c.Wait == nil {
		c.Wait = shared.Sleep
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Transport == nil {
		c.Transport = func(next http.RoundTripper) http.RoundTripper { return next }
	}
}

func (c Command) say(format string, args ...any) { fmt.Fprintf(c.Stderr, format, args...) }

func (c Command) help() {
	c.say("probe asks a live service what it is like, with the credentials of the environment, as the provider reads them.\n\n" +
		"Usage: probe SERVICE [flags]\n\nSERVICE is one of these; -help behind it lists its flags:\n\n")
	for _, s := range c.Services {
		c.say("  %-12s  %s\n", s.Name, s.Title)
	}
	c.say("\n")
}

// open connects to the service as the provider does.
func (c Command) open(ctx context.Context, env *Env, authorities string, open func(context.Context, *Env) (Subject, error)) (Subject, error) {
	options := append([]provider.Option{
		provider.WithEnvironment(c.Getenv),
		provider.WithTransport(func(next http.RoundTripper) http.RoundTripper { return env.Wire.Transport(c.Transport(next)) }),
	}, c.Options...)
	if authorities != "" {
		pem, err := os.ReadFile(authorities)
		if err != nil {
			return nil, err
		}
		options = append(options, provider.WithAuthorities(string(pem)))
	}
	var err error
	if env.Data, err = provider.Connect(ctx, c.Version, options...); err != nil {
		return nil, err
	}
	return open(ctx, env)
}

// announce says what is going to be done, and tells whether anything is written.
func (r *run) announce(service Service, experiments []Experiment) (writes bool) {
	r.say("This asks %s:\n\n  - reads what answers by itself\n", service.Title)
	for _, e := range experiments {
		if e.Does != "" && r.refuses(e) == "" {
			writes = true
			r.say("  - %s\n", e.Does)
		}
	}
	if writes {
		r.say("\nEverything is put back as it is now. Nothing else is touched.\n")
	} else {
		r.say("\nNothing is changed.\n")
	}
	return writes
}

// confirm asks whoever sits there.
func (c Command) confirm(ctx context.Context) error {
	c.say("\nGo on? Only \"yes\" is taken: ")
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(c.Stdin).ReadString('\n') // the end of the input is no yes
		line <- text
	}()
	select {
	case text := <-line:
		if strings.TrimSpace(text) == "yes" {
			return nil
		}
		return errNo
	case <-ctx.Done():
		return errNo
	}
}

// save writes the report to a file, if one is named.
func save(report Report, file string) error {
	if file == "" {
		return nil
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(report.WriteJSON(f), f.Close())
}
