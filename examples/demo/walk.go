// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend"
)

// Of the mock's data, and of the configuration.
const (
	cadWorkbench = "3f791197-d166-4c8e-81e4-38c40ffc1989"
	renderQueue  = "62f48b59-8a3e-4f0c-9d7b-1e2a5c6d7f80"
	organization = "o15000000000001"
	portal       = "66666666-7777-8888-9999-000000000000"
	alice        = "local:%7B5be5a591-c842-4520-9142-b455f4ad2286%7D" // as a URL writes it
)

// walk is what there is to see.
func (d *demo) walk(ctx context.Context) error {
	plan := []string{"plan", "-detailed-exitcode", "-out=changes.tfplan"}
	apply := []string{"apply", "changes.tfplan"}
	for _, step := range []func() error{
		func() error {
			return d.step(ctx, "Who will get what, in three services.\n"+
				"legacy.admin has CAD Workbench already, from somebody else: it doesn't show, and is left alone.",
				somethingToDo, plan...)
		},
		func() error {
			return d.step(ctx, "One request grants four accounts on two applications, one sets the data types, one grants the role.\n"+
				"Then the provider reads back what has arrived.", 0, apply...)
		},
		func() error {
			return d.step(ctx, "\"No changes\": what the services list is what the configuration says.", nothingToDo, plan...)
		},
		func() error { return d.drift(ctx) },
		func() error {
			return d.step(ctx, "lisi is gone from both applications and comes back as `+`, and so do ASSET and alice's role.\n"+
				"zhangsan lost one of two: `missing` says which, and the plan empties it.", somethingToDo, plan...)
		},
		func() error { return d.picture(ctx, os.Getenv("PICTURE")) },
		func() error { return d.step(ctx, "Only what is missing is granted again.", 0, apply...) },
		func() error { return d.step(ctx, "\"No changes\" again.", nothingToDo, plan...) },
		func() error {
			return d.step(ctx, "Warnings say who loses what. Exactly what is listed is revoked.", 0, "destroy", "-auto-approve")
		},
		d.conclude,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// picture keeps the last plan as a terminal shows it, in a file that tools/picture draws. Without a
// file there is nothing to do.
func (d *demo) picture(ctx context.Context, file string) error {
	if file == "" {
		return nil
	}
	command := exec.CommandContext(ctx, d.terraform, "show", "changes.tfplan")
	command.Dir, command.Env = d.folder, d.environment()
	text, err := command.Output()
	if err != nil {
		return fmt.Errorf("terraform show: %w", err)
	}
	return os.WriteFile(file, text, 0o600)
}

// drift takes access away, as a colleague in a hurry would.
func (d *demo) drift(ctx context.Context) error {
	fmt.Fprint(d.out, "\n━━━ Behind Terraform's back, somebody takes lisi off both applications of Huawei Cloud and zhangsan off one of them,\n"+
		"    ASSET from the portal of EnOS, and her role at Venafi from alice:\n\n")
	for _, what := range []string{
		"huaweicloud/apps/" + cadWorkbench + "/users/local.com/lisi",
		"huaweicloud/apps/" + renderQueue + "/users/local.com/lisi",
		"huaweicloud/apps/" + cadWorkbench + "/users/local.com/zhangsan",
		"enos/organizations/" + organization + "/applications/" + portal + "/data_authorize_types/ASSET",
		"venafi/roles/" + alice,
	} {
		if err := d.services.remove(ctx, d.out, what); err != nil {
			return err
		}
	}
	return nil
}

// conclude compares what the services hold with what they held before.
func (d *demo) conclude() error {
	if violations := d.services.Recorder.Violations(); len(violations) > 0 {
		return fmt.Errorf("the provider sent what a correct client never sends: %s", strings.Join(violations, "; "))
	}
	want := mockbackend.DefaultSeed()
	// An EnOS authorization is one list, which has one owner.
	want.Enos.Organizations[0].Applications[0].DataAuthorizeTypes = nil
	reference, err := mockbackend.New(mockbackend.Options{Seed: &want})
	if err != nil {
		return err
	}
	before, err := json.Marshal(reference.Snapshot())
	if err != nil {
		return err
	}
	after, err := json.Marshal(d.services.Snapshot())
	if err != nil {
		return err
	}
	if !bytes.Equal(before, after) {
		return fmt.Errorf("after destroy the services hold\n%s\nand should hold\n%s", after, before)
	}
	fmt.Fprint(d.out, "\n━━━ Done. legacy.admin still has CAD Workbench: what others grant is left alone. Nothing is left running.\n")
	return nil
}
