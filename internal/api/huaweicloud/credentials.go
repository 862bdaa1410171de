// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"net/http"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/credential"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

const headerProject = "X-Project-Id"

// authorize lets an attempt through the gate and signs it.
func (c *Client) authorize(ctx context.Context, r *http.Request, body []byte) error {
	keys, err := c.credentials.Keys(ctx)
	if err != nil {
		return err
	}
	c.learn(keys)
	if err := c.gate.enter(ctx); err != nil {
		return err
	}
	keys.Sign(r, body, time.Now())
	return nil
}

// credentialsOf gives the keys of the configuration where it has no other source.
func credentialsOf(config Config, iam rest.Config) (credential.Source, error) {
	if config.Credentials != nil {
		iam.Authorize, iam.Settled = nil, nil
		return config.Credentials(credential.IAM{Rest: iam})
	}
	return credential.Static(credential.Keys{AccessKey: config.AccessKey, SecretKey: config.SecretKey, SecurityToken: config.SecurityToken}, ""), nil
}

// learn hides keys that are new from all that leaves the process.
func (c *Client) learn(keys credential.Keys) {
	if old := c.signedWith.Swap(&keys.AccessKey); old != nil && *old == keys.AccessKey {
		return
	}
	for _, client := range []*rest.Client{c.workspace, c.iam} {
		client.Hide(keys.AccessKey, keys.SecretKey, keys.SecurityToken)
	}
}

// credited adds to an error where the credentials came from, when the service refused them or what
// they may do.
func (c *Client) credited(err error) error {
	e, ok := err.(*rest.Error) //nolint:errorlint // an error that wraps one is about something else
	if !ok || e.Status != http.StatusUnauthorized && e.Status != http.StatusForbidden {
		return err
	}
	return credential.Credited(e, c.credentials, "")
}
