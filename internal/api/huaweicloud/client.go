// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package huaweicloud is the client of the App Center of Huawei Cloud Workspace: who may use which
// application. What a set of authorizations is stands in authset.
package huaweicloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/credential"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// DefaultCloud is the domain of the public cloud, EuropeanCloud that of its regions in Europe
// (API.md, section 8).
const (
	DefaultCloud  = "myhuaweicloud.com"
	EuropeanCloud = "myhuaweicloud.eu"
)

// cloudOf returns the domain of a region's cloud, as the vendor's own provider does.
func cloudOf(region string) string {
	if strings.HasPrefix(region, "eu-west-1") {
		return EuropeanCloud
	}
	return DefaultCloud
}

// serviceName is the name in errors and logs.
const serviceName = "Huawei Cloud Workspace"

// Config describes a Client. AccessKey and SecretKey are required, and Region unless both endpoints
// and one of ProjectID and ProjectName are given.
type Config struct {
	// Rest holds what all services' clients take: user agent, TLS, timeout, retries, quota,
	// concurrency, logger. Name, address, authorization and the reading of errors are filled in
	// here.
	Rest rest.Config

	Region string
	// Cloud is the domain of the cloud. When it is "" the region tells.
	Cloud string

	AccessKey, SecretKey string
	// SecurityToken belongs to temporary keys.
	SecurityToken string
	// Credentials makes the source of keys, in the place of the three above, when it is set.
	Credentials func(credential.IAM) (credential.Source, error)

	// ProjectID is looked up in IAM by ProjectName when "". ProjectName is the region when "".
	ProjectID, ProjectName string

	// WorkspaceEndpoint and IAMEndpoint are https://workspace.{region}.{cloud} and
	// https://iam.{region}.{cloud} when "".
	WorkspaceEndpoint, IAMEndpoint string
}

// Client calls Workspace and IAM. It is safe for concurrent use, and all users of one run should
// share one: the listings, the quota and the order of writes are its own.
type Client struct {
	workspace, iam *rest.Client
	credentials    credential.Source
	signedWith     atomic.Pointer[string] // the access key that was used last
	quota          rest.Quota
	lag            time.Duration
	gate           *gate
	project        *shared.Reading[string]
	turns          shared.Turns[string] // keep the writes and the listings of one application apart

	mu   sync.Mutex
	apps *shared.Reading[map[string]App]
	// authorizations holds the listings by app id.
	authorizations map[string]*accountList
	// counted holds the answers of CountAuthorizations by app id and by what was expected.
	counted map[string]map[int]*shared.Reading[ending]

	pages  knownPages
	counts atomic.Bool  // the counts of long lists are wrong: see lister
	read   atomic.Int64 // pages of accounts: see PagesRead

	sharing sync.Mutex
	byHash  map[uint64]Accounts // lists of accounts, see share
}

// New makes a Client and sends nothing. Its errors name the attributes of the provider block.
func New(config Config) (*Client, error) {
	if config.Credentials == nil && (config.AccessKey == "" || config.SecretKey == "") {
		return nil, errors.New("access_key and secret_key must both be set")
	}
	if config.ProjectName == "" {
		config.ProjectName = config.Region
	}
	if config.Cloud == "" {
		config.Cloud = cloudOf(config.Region)
	}
	for name, endpoint := range map[string]*string{"workspace": &config.WorkspaceEndpoint, "iam": &config.IAMEndpoint} {
		if *endpoint != "" {
			continue
		}
		if config.Region == "" {
			return nil, fmt.Errorf("region must be set, or %s_endpoint", name)
		}
		*endpoint = fmt.Sprintf("https://%s.%s.%s", name, config.Region, config.Cloud)
	}
	if config.ProjectID == "" && config.ProjectName == "" {
		return nil, errors.New("region must be set, or one of project_id and project_name")
	}
	if config.ProjectID != "" {
		if err := checkSegment("project_id", config.ProjectID); err != nil {
			return nil, err
		}
	}

	c := &Client{
		quota:          config.Rest.Quota,
		lag:            4 * cmp.Or(config.Rest.RetryWaitMin, 2500*time.Millisecond),
		gate:           newGate(),
		authorizations: map[string]*accountList{},
		counted:        map[string]map[int]*shared.Reading[ending]{},
	}
	c.project = shared.NewReading(func(ctx context.Context, _ shared.Moment) (string, error) {
		if config.ProjectID != "" {
			return config.ProjectID, nil
		}
		return c.findProject(ctx, config.ProjectName)
	})
	c.apps = shared.NewReading(func(ctx context.Context, _ shared.Moment) (map[string]App, error) { return c.listApps(ctx, "") })

	common := config.Rest
	common.Classify = classify
	common.Authorize, common.Settled = c.authorize, c.gate.leave
	// The two keys are easily mistaken for each other: then it is the secret one that the service
	// says it does not know.
	common.Secrets = append(append([]string(nil), common.Secrets...), config.AccessKey, config.SecretKey, config.SecurityToken)
	workspace := common
	workspace.Service, workspace.BaseURL, workspace.AddressFrom = serviceName, config.WorkspaceEndpoint, "region, cloud or workspace_endpoint"
	iam := common
	iam.Service, iam.BaseURL, iam.AddressFrom = "Huawei Cloud IAM", config.IAMEndpoint, "region, cloud or iam_endpoint"
	iam.Quota = rest.Quota{}
	var err error
	if c.credentials, err = credentialsOf(config, iam); err != nil {
		return nil, err
	}
	if c.workspace, err = rest.New(workspace); err != nil {
		return nil, err
	}
	if c.iam, err = rest.New(iam); err != nil {
		return nil, err
	}
	return c, nil
}

// Quota is how many requests of each kind the client sends in any 60 seconds; 0 is unlimited.
func (c *Client) Quota() rest.Quota { return c.quota }

// QuotaWait is how long requests that wait for the quota have to wait yet, 0 when none does.
func (c *Client) QuotaWait() time.Duration { return c.workspace.QuotaWait() }

// PagesRead counts the pages of accounts that this run has read.
func (c *Client) PagesRead() int64 { return c.read.Load() }

// Lag is how long a list is allowed to lag behind a write. The vendor's pages know no lag (API.md,
// section 2).
func (c *Client) Lag() time.Duration { return c.lag }

// Host is the address of Workspace.
func (c *Client) Host() string { return c.workspace.BaseURL() }

// MaxConcurrent is the number of requests that may be in flight.
func (c *Client) MaxConcurrent() int { return c.workspace.MaxConcurrent() }

// Send sends a request of Workspace: segments are those below /v1/{project_id}/app-center. It sends
// what it is given, whatever the documented limits are, and forgets no listing: the other calls do
// that.
func (c *Client) Send(ctx context.Context, r rest.Request, segments ...string) error {
	project, err := c.ProjectID(ctx)
	if e, ok := errors.AsType[*rest.Error](err); ok {
		other := *e // shared by all who asked
		other.Unsent = true
		return &other
	} else if err != nil {
		return unsentError(r.Operation, err)
	}
	r.Path = "/v1"
	r.Header = http.Header{headerProject: {project}}
	r.Segments = append([]string{project, "app-center"}, segments...)
	return c.credited(explain(c.workspace.Do(ctx, r)))
}

// checkSegment refuses what can't be one segment of a path. Ids of projects and of applications
// have the same limit. A proxy may take an escaped slash for a plain one: the signature would then
// not hold, and five of these lock the key.
func checkSegment(what, id string) error {
	switch n := utf8.RuneCountInString(id); {
	case id == "" || n > MaxAppIDLength:
		return fmt.Errorf("%s must have 1 to %d characters, not %d", what, MaxAppIDLength, n)
	case strings.ContainsAny(id, "/\\") || id == "." || id == "..":
		return fmt.Errorf("%s must not contain a slash or be %q: %q", what, "..", id)
	}
	return nil
}

// unsentError is the error of a request that was refused here, before anything was sent.
func unsentError(operation string, err error) error {
	return &rest.Error{Service: serviceName, Operation: operation, Unsent: true, Err: err}
}
