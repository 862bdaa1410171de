// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// ProjectID returns the id of the project. When the configuration gives none, IAM is asked once
// (vendor page KeystoneListProjects).
func (c *Client) ProjectID(ctx context.Context) (string, error) {
	id, err := c.project.Get(ctx, 0)
	if err != nil && ctx.Err() != nil {
		return "", fmt.Errorf("looking up the project: %w", err)
	}
	return id, err
}

type projectList struct {
	Projects []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"projects"`
}

func (c *Client) findProject(ctx context.Context, name string) (string, error) {
	var list projectList
	err := c.iam.Do(ctx, rest.Request{
		Operation: opListProjects, Path: "/v3/projects", Query: url.Values{"name": {name}}, Decode: rest.DecodeJSON(&list),
	})
	if err != nil {
		return "", c.credited(explain(err))
	}
	var ids []string
	for _, p := range list.Projects {
		if p.Name == name {
			ids = append(ids, p.ID)
		}
	}
	fail := func(format string, args ...any) error {
		return &rest.Error{
			Service: "Huawei Cloud IAM", Operation: opListProjects, Unsent: true, Message: c.iam.Redact(fmt.Sprintf(format, args...)),
			Hint: "Set project_id (HW_PROJECT_ID), or check project_name (HW_PROJECT_NAME) and region (HW_REGION_NAME).",
		}
	}
	switch len(ids) {
	case 0:
		return "", fail("no project is named %q", name)
	case 1:
		if err := checkSegment("the id of the project", ids[0]); err != nil {
			return "", fail("%s", err)
		}
		return ids[0], nil
	}
	return "", fail("%d projects are named %q: %s", len(ids), name, strings.Join(ids[:min(len(ids), 10)], ", "))
}
