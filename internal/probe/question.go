// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package probe asks a live service what it is like: it makes the smallest experiments that answer
// what the vendor's pages leave open, on scratch targets that the caller names, and puts everything
// back. What a service is asked stands in the room of that service below; this package has the
// order of a run, its report, and the command.
//
// A run reads the targets ([Subject].Prepare), says what it is going to do, asks, makes the
// experiments one after the other, and after each of them restores the targets, also when it failed
// or the run was interrupted.
package probe

import (
	"context"
	"flag"
	"slices"
	"strconv"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

// Service is how one service is asked.
type Service struct {
	// Name is the name of the service in the provider block and in the mock.
	Name string
	// Title is the vendor's name of it.
	Title string
	// Questions are all that can be asked, in the order of the report.
	Questions []Question
	// Targets declares the flags that name scratch targets. The function that it returns is called
	// once they are parsed; it sends nothing.
	Targets func(flags *flag.FlagSet) func(ctx context.Context, env *Env) (Subject, error)
}

// Question is something that the vendor leaves open.
type Question struct {
	// Name is that of the mock's switch.
	Name string
	// Asks is the question as a person asks it, short.
	Asks string
	// Positions are those of the switch, in its order; "n" is any number above 0. A question
	// without any has no switch: its answer is a text, and stands among the notes of the report.
	Positions []string
}

func (q Question) has(position string) bool {
	n, err := strconv.Atoi(position)
	return slices.Contains(q.Positions, position) || err == nil && n > 0 && slices.Contains(q.Positions, "n")
}

// Subject is a live service with the targets that the caller named.
type Subject interface {
	// Prepare reads what the targets are like before anything is done to them. An error ends the
	// run: the targets are missing, or not fit to be experimented on.
	Prepare(ctx context.Context) error
	// Experiments are made in their order. They are asked for after Prepare.
	Experiments() []Experiment
	// Restore puts the targets back as Prepare found them, and reads them to see that they are.
	// Where nothing was sent since it last succeeded, it does nothing. Its error says what is left
	// over.
	Restore(ctx context.Context) error
}

// Experiment answers questions.
type Experiment struct {
	// Answers names the questions.
	Answers []string
	// Does says what is done to which target, as "grants A to B and revokes it". An experiment that
	// only reads does "".
	Does string
	// Opens tells that a target is open to everybody for a moment.
	Opens bool
	// Lacks says what the caller has to name for the experiment, "" when nothing is missing.
	Lacks string
	// Try makes the experiment. Questions that it leaves unanswered are answered with its error.
	Try func(ctx context.Context, answers *Answers) error
}

// Env is what a run gives to a service.
type Env struct {
	// Data are the connections of the provider.
	Data *service.Data
	// Wire is what went over the wire so far, as it was sent.
	Wire *Wire
	// Names are hidden in the report. A service adds those of its targets.
	Names *Names
	// Wait waits, or ends with ctx, and Now is the time. Tests have their own.
	Wait func(ctx context.Context, d time.Duration) error
	Now  func() time.Time
	// ReadOnly and AllowOpen are what the caller asked for.
	ReadOnly, AllowOpen bool
}
