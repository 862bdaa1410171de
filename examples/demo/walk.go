// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"fmt"
	"strings"
)

// Of the mock's data, and of the configuration.
const (
	cadWorkbench = "3f791197-d166-4c8e-81e4-38c40ffc1989"
	renderQueue  = "62f48b59-8a3e-4f0c-9d7b-1e2a5c6d7f80"
)

// walk is what there is to see.
func (d *demo) walk(ctx context.Context) error {
	plan := []string{"plan", "-detailed-exitcode", "-out=changes.tfplan"}
	apply := []string{"apply", "changes.tfplan"}
	for _, step := range []func() error{
		func() error {
			return d.step(ctx, "Who will get what. `legacy.admin` has CAD Workbench already, from somebody else: it doesn't show, and is left alone.",
				somethingToDo, plan...)
		},
		func() error {
			return d.step(ctx, "One request grants four accounts on two applications. Then the provider reads back what has arrived.", 0, apply...)
		},
		func() error {
			return d.step(ctx, "\"No changes\": what the service lists is what the configuration says.", nothingToDo, plan...)
		},
		func() error { return d.drift(ctx) },
		func() error {
			return d.step(ctx, "lisi is gone from both applications and comes back as `+`. zhangsan lost one of two: `missing` says which, "+
				"and the plan empties it.", somethingToDo, plan...)
		},
		func() error { return d.step(ctx, "Only what is missing is granted again.", 0, apply...) },
		func() error { return d.step(ctx, "\"No changes\" again.", nothingToDo, plan...) },
		func() error {
			return d.step(ctx, "A warning says how many lose access. Exactly the listed accounts are revoked.", 0, "destroy", "-auto-approve")
		},
		d.conclude,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// drift takes access away, as a colleague in a hurry would.
func (d *demo) drift(ctx context.Context) error {
	fmt.Fprint(d.out, "\n━━━ Behind Terraform's back, somebody takes lisi off both applications and zhangsan off one of them:\n\n")
	for _, account := range []string{cadWorkbench + "/users/local.com/lisi", renderQueue + "/users/local.com/lisi", cadWorkbench + "/users/local.com/zhangsan"} {
		if err := d.services.remove(ctx, d.out, "huaweicloud/apps/"+account); err != nil {
			return err
		}
	}
	return nil
}

// conclude looks at what the services hold at the end.
func (d *demo) conclude() error {
	if violations := d.services.Recorder.Violations(); len(violations) > 0 {
		return fmt.Errorf("the provider sent what a correct client never sends: %s", strings.Join(violations, "; "))
	}
	state := d.services.Snapshot().Huaweicloud
	var left []string
	for _, app := range []string{cadWorkbench, renderQueue} {
		for domain, users := range state.Apps[app].Users {
			for name := range users {
				left = append(left, domain+"/"+name)
			}
		}
		for domain, groups := range state.Apps[app].UserGroups {
			for name := range groups {
				left = append(left, "group:"+domain+"/"+name)
			}
		}
	}
	if len(left) != 1 || left[0] != "corp.example.com/legacy.admin" {
		return fmt.Errorf("after destroy these accounts are left, and only legacy.admin should be: %s", strings.Join(left, ", "))
	}
	fmt.Fprint(d.out, "\n━━━ Done. legacy.admin still has CAD Workbench: what others grant is left alone. Nothing is left running.\n")
	return nil
}
