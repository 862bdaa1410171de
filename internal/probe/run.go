// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package probe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// restoreTime is how long putting things back may take: longer than a quota of a minute makes it
// wait.
const restoreTime = 3 * time.Minute

// run is one run of the probe.
type run struct {
	env     *Env
	subject Subject
	answers *Answers
	say     func(format string, args ...any) // to the person who waits
}

// try makes the experiments. Whatever happens, the targets are put back; an error that says what is
// left over comes with the answers so far.
func (r *run) try(ctx context.Context, experiments []Experiment) error {
	for _, e := range experiments {
		if ctx.Err() != nil {
			r.unanswered(e, "the run was interrupted")
			continue
		}
		if why := r.refuses(e); why != "" {
			r.unanswered(e, why)
			continue
		}
		if e.Does != "" {
			r.say("%s …\n", e.Does)
		}
		if failure := e.Try(ctx, r.answers); failure != nil && ctx.Err() == nil {
			r.unanswered(e, reason(failure))
		} else if failure != nil {
			r.unanswered(e, "the run was interrupted")
		}
		if err := r.restore(ctx); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("interrupted: %w", err)
	}
	return nil
}

// reason is what a report may say of a failure: a client's own words may hold the names of hosts
// and people.
func reason(failure error) string {
	if e, ok := errors.AsType[*rest.Error](failure); ok {
		return fmt.Sprintf("%s failed: %s", e.Operation, Said(failure))
	}
	return failure.Error()
}

// refuses says why an experiment is not made, "" when it is.
func (r *run) refuses(e Experiment) string {
	switch {
	case e.Lacks != "":
		return e.Lacks
	case e.Does != "" && r.env.ReadOnly:
		return "reading alone does not tell"
	case e.Opens && !r.env.AllowOpen:
		return "it takes opening a scratch target to everybody for a moment: -allow-open"
	}
	return ""
}

func (r *run) unanswered(e Experiment, why string) {
	for _, question := range e.Answers {
		if !r.answers.Answered(question) {
			r.answers.CannotTell(question, "%s", why)
		}
	}
}

// restore puts the targets back, also when the run was interrupted.
func (r *run) restore(ctx context.Context) error {
	if r.env.ReadOnly {
		return nil // nothing was sent that writes
	}
	if ctx.Err() != nil {
		r.say("Putting everything back. Interrupt again to stop without that.\n")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restoreTime)
	defer cancel()
	err := r.subject.Restore(ctx)
	if err != nil && ctx.Err() == nil {
		err = r.subject.Restore(ctx)
	}
	if err != nil {
		return fmt.Errorf("NOT EVERYTHING WAS PUT BACK: %w", err)
	}
	return nil
}
