// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package chaos

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
)

// steps are what a life does, from one stage to the next.
var steps = []struct {
	name     string
	from, to int
}{{"create", 0, 1}, {"update", 1, 2}, {"delete", 2, 0}}

// trap does something at the n-th write of a subject, and counts the writes.
type trap struct {
	mu     sync.Mutex
	n      int
	writes int
	ended  time.Time // when the write was answered that it struck at
	strike func()
	latest time.Time // when the latest request of any kind came
}

// set puts a trap on the writes of a subject. late strikes when the service has acted on the write
// and not answered yet.
func (f *fixture) set(s *subject, tr *trap, late bool) {
	at := func(_ int, r *http.Request) {
		tr.mu.Lock()
		tr.latest = time.Now()
		tr.mu.Unlock()
		if !s.writes(r) {
			return
		}
		tr.mu.Lock()
		tr.writes++
		mine := tr.writes == tr.n
		tr.mu.Unlock()
		if !mine {
			return
		}
		tr.strike()
		tr.mu.Lock()
		tr.ended = time.Now()
		tr.mu.Unlock()
	}
	if late {
		f.gate.at(nil, at)
	} else {
		f.gate.at(at, nil)
	}
}

func (tr *trap) last() time.Time {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.latest
}

func (tr *trap) count() int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.writes
}

// patience is how long a run may go on after the request that was under way when it was
// interrupted, on a machine that has nothing else to do. How long an apply takes after its last
// request without an interrupt comes on top, which is what Terraform itself needs to end, at the
// load that there is.
const patience = time.Second

// SIGINT during create, update and delete: nothing more is sent, terraform ends within a second of
// the request under way, the state tells the truth, and the next apply does the rest.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	for _, service := range []string{"huaweicloud", "venafi", "enos"} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			s := f.subject(service)
			if !f.registered(s.configs[1].Type) {
				t.Fatalf("no resource %s", s.configs[1].Type)
			}
			p := newProject(f.world, map[string]any{"max_retries": 0, "max_concurrent_requests": 1})
			for _, step := range steps {
				f.interrupt(t, p, &s, step.name, step.to)
			}
		})
	}
}

func (f *fixture) interrupt(t *testing.T, p *project, s *subject, name string, stage int) {
	t.Helper()
	if name == "delete" {
		p.configure()
	} else {
		p.configure(s.configure(stage)...)
	}
	const n = 1
	var c *command
	ready := make(chan struct{})
	tr := &trap{n: n, strike: func() {
		<-ready
		_ = c.Process.Signal(os.Interrupt)
		// The request is still under way when the provider hears of it.
		for range 500 {
			if strings.Contains(c.output.String(), "Interrupt received") {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(300 * time.Millisecond)
	}}
	f.set(s, tr, false)
	c = p.start("apply", "-auto-approve", "-no-color")
	close(ready)
	code := c.wait(t)
	f.gate.at(nil, nil)
	f.gate.quiet()
	if code == 0 || tr.ended.IsZero() {
		t.Fatalf("%s: exit code %d, %d writes\n%s", name, code, tr.count(), c.output.String())
	}
	took := c.ended.Sub(tr.ended)
	if tr.count() != n {
		t.Errorf("%s: %d writes, and the interrupt came during number %d", name, tr.count(), n)
	}
	if err := s.checkTrue(p.state(), false); err != nil {
		t.Errorf("%s: after the interrupt: %v\n%s", name, err, c.output.String())
	}
	last := &trap{n: -1}
	f.set(s, last, false)
	c = p.start("apply", "-auto-approve", "-no-color")
	if code := c.wait(t); code != 0 {
		t.Fatalf("%s: the apply that followed: exit code %d\n%s", name, code, c.output.String())
	}
	f.gate.at(nil, nil)
	if usual := c.ended.Sub(last.last()); took > patience+2*usual {
		t.Errorf("%s: terraform went on for %s after the request under way, and %s is usual after the last", name, took, usual)
	}
	if err := s.checkStage(stage); err != nil {
		t.Errorf("%s: after the apply that followed: %v", name, err)
	}
	if err := s.checkTrue(p.state(), true); err != nil {
		t.Errorf("%s: after the apply that followed: %v", name, err)
	}
}

// kill -9 of the provider's process, before a request reaches the service and after the service has
// acted on it: the apply that follows converges.
func TestKillWithTerraform(t *testing.T) {
	t.Parallel()
	for _, service := range []string{"huaweicloud", "venafi", "enos"} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			s := f.subject(service)
			p := newProject(f.world, map[string]any{"max_retries": 0})
			for i, step := range steps {
				p.configure(s.configure(step.to)...)
				var c *command
				ready := make(chan struct{})
				killed := 0
				n := 1 + i%2
				if service == "enos" {
					n = 1
				}
				tr := &trap{n: n, strike: func() {
					<-ready
					for _, pid := range c.providers() {
						if syscall.Kill(pid, syscall.SIGKILL) == nil {
							killed++
						}
					}
				}}
				f.set(&s, tr, i%2 == 1)
				c = p.start("apply", "-auto-approve", "-no-color")
				close(ready)
				code := c.wait(t)
				f.gate.at(nil, nil)
				f.gate.quiet()
				if killed == 0 || code == 0 {
					t.Fatalf("%s: %d processes killed at write %d of %d, exit code %d\n%s", step.name, killed, n, tr.count(), code, c.output.String())
				}
				p.must("apply", "-auto-approve", "-no-color")
				if err := s.checkStage(step.to); err != nil {
					t.Errorf("%s: after the apply that followed: %v", step.name, err)
				}
				if err := s.checkTrue(p.state(), true); err != nil {
					t.Errorf("%s: after the apply that followed: %v", step.name, err)
				}
			}
		})
	}
}

// The same at every boundary between two requests, reads included, in this process: an interrupt
// leaves a state that tells the truth, a kill doesn't, and after both one apply converges.
func TestEveryBoundary(t *testing.T) {
	t.Parallel()
	for _, service := range []string{"huaweicloud", "venafi", "enos"} {
		for _, step := range steps {
			t.Run(service+" "+step.name, func(t *testing.T) {
				t.Parallel()
				f := newFixture(t)
				s := f.subject(service)
				for _, mode := range []string{"interrupt before", "interrupt after", "kill before", "kill after"} {
					for k := 1; ; k++ {
						struck, err := f.boundary(&s, step.from, step.to, mode, k)
						if err != nil {
							t.Fatalf("%s request %d: %v", mode, k, err)
						}
						if !struck {
							if k < 3 {
								t.Fatalf("only %d requests", k-1)
							}
							break
						}
					}
				}
			})
		}
	}
}

// boundary goes from one stage to the next, is disturbed at request k of the apply, and goes on. It
// tells whether there was a request k.
func (f *fixture) boundary(s *subject, from, to int, mode string, k int) (struck bool, err error) {
	if err := f.begin(s, from); err != nil {
		return false, err
	}
	plan, err := f.tf.Plan(f.t.Context(), s.configure(to))
	if err == nil {
		err = plan.Err()
	}
	if err != nil {
		return false, err
	}
	strike := func(n int, _ *http.Request) {
		if n != k {
			return
		}
		struck = true
		if mode[:4] == "kill" {
			f.gate.kill(f.agent)
			f.tf.Kill()
			return
		}
		f.tf.Interrupt()
	}
	if mode == "interrupt after" || mode == "kill after" {
		f.gate.at(nil, strike)
	} else {
		f.gate.at(strike, nil)
	}
	diags, err := f.tf.Apply(f.t.Context(), plan)
	f.gate.at(nil, nil)
	f.gate.quiet()
	if err != nil {
		return false, err
	}
	if bugs := diags.Bugs(); len(bugs) > 0 {
		return false, fmt.Errorf("%+v", bugs)
	}
	if mode[:4] != "kill" {
		if err := s.checkTrue(f.tf.State, false); err != nil {
			return false, fmt.Errorf("after the interrupt: %w\n%s", err, fmt.Sprint(diags.Err()))
		}
	}
	if err := f.run(s, to); err != nil {
		return false, fmt.Errorf("the run after it: %w", err)
	}
	if err := s.checkStage(to); err != nil {
		return false, fmt.Errorf("after the run that followed: %w", err)
	}
	return struck, s.checkTrue(f.tf.State, true)
}

// begin brings service and state to a stage.
func (f *fixture) begin(s *subject, stage int) error {
	f.tf.Provider = f.provider(f.knobs)
	if err := f.run(s, 0); err != nil {
		return err
	}
	f.tf.State = core.State{}
	if stage > 0 {
		if err := f.run(s, stage); err != nil {
			return err
		}
	}
	if granted := s.granted(); !slices.Equal(sorted(granted), sorted(s.stages[stage])) {
		return fmt.Errorf("stage %d is not there: %d are granted", stage, len(granted))
	}
	return nil
}
