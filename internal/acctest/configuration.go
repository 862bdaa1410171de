// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
)

// configuration is what HCL says, as far as this process can play Terraform: the provider block,
// locals, and resources of this provider without references between them. All else is an error, and
// needs a real Terraform.
type configuration struct {
	provider  map[string]any
	resources []core.Resource
	moved     [][2]core.Address // from, to

	files  map[string]*hcl.File
	bodies map[core.Address]*hclsyntax.Body
	scope  *hcl.EvalContext
}

// functionsOfTerraform are those that tests use.
var functionsOfTerraform = map[string]function.Function{
	"format": stdlib.FormatFunc, "range": stdlib.RangeFunc, "merge": stdlib.MergeFunc, "concat": stdlib.ConcatFunc, "keys": stdlib.KeysFunc,
	"jsonencode": stdlib.JSONEncodeFunc, "toset": stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)),
}

// configured reads files, by name.
func configured(texts map[string]string) (*configuration, error) {
	c := &configuration{
		provider: map[string]any{}, bodies: map[core.Address]*hclsyntax.Body{},
		scope: &hcl.EvalContext{Functions: functionsOfTerraform, Variables: map[string]cty.Value{}},
	}
	parser := hclparse.NewParser()
	var blocks []*hclsyntax.Block
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		file, diags := parser.ParseHCL([]byte(texts[name]), name)
		if diags.HasErrors() {
			return nil, diags
		}
		body, ok := file.Body.(*hclsyntax.Body)
		if !ok || len(body.Attributes) > 0 {
			return nil, fmt.Errorf("%s is not made of blocks", name)
		}
		blocks = append(blocks, body.Blocks...)
	}
	c.files = parser.Files()
	locals := map[string]cty.Value{}
	for _, block := range blocks {
		if block.Type != "locals" {
			continue
		}
		for name, attribute := range block.Body.Attributes {
			value, diags := attribute.Expr.Value(c.scope)
			if diags.HasErrors() {
				return nil, diags
			}
			locals[name] = value
		}
	}
	c.scope.Variables["local"] = cty.ObjectVal(locals)
	for _, block := range blocks {
		if err := c.block(block); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *configuration) block(block *hclsyntax.Block) (err error) {
	switch block.Type {
	case "locals", "terraform":
		return nil
	case "provider":
		c.provider, err = arguments(block.Body, c.scope)
		return err
	case "moved":
		var pair [2]core.Address
		for i, name := range []string{"from", "to"} {
			path, diags := hcl.AbsTraversalForExpr(block.Body.Attributes[name].Expr)
			if diags.HasErrors() {
				return diags
			}
			pair[i] = core.Address{Type: path.RootName(), Name: path[1].(hcl.TraverseAttr).Name} //nolint:forcetypeassert // TYPE.NAME
		}
		c.moved = append(c.moved, pair)
		return nil
	case "resource":
		if strings.HasPrefix(block.Labels[0], "appaccess_") {
			return c.resource(block)
		}
	}
	return fmt.Errorf("this process can't play Terraform for a block %q of %q: the test needs a real one", block.Type, block.Labels)
}

func (c *configuration) resource(block *hclsyntax.Block) error {
	a := core.Address{Type: block.Labels[0], Name: block.Labels[1]}
	add := func(a core.Address, scope *hcl.EvalContext) error {
		attributes, err := arguments(block.Body, scope)
		c.resources, c.bodies[a] = append(c.resources, core.Resource{Address: a, Attributes: attributes}), block.Body
		return err
	}
	each, ok := block.Body.Attributes["for_each"]
	if !ok {
		return add(a, c.scope)
	}
	all, diags := each.Expr.Value(c.scope)
	if diags.HasErrors() {
		return diags
	}
	for key, value := range all.Elements() {
		if all.Type().IsSetType() {
			key = value
		}
		scope := c.scope.NewChild()
		scope.Variables = map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{"key": key, "value": value})}
		if err := add(core.Address{Type: a.Type, Name: fmt.Sprintf("%s[%q]", a.Name, key.AsString())}, scope); err != nil {
			return err
		}
	}
	return nil
}

// arguments are the attributes and blocks of a body, as JSON would hold them.
func arguments(body *hclsyntax.Body, scope *hcl.EvalContext) (map[string]any, error) {
	out := map[string]any{}
	for name, attribute := range body.Attributes {
		if name == "for_each" { // of all instances, and read already
			continue
		}
		value, diags := attribute.Expr.Value(scope)
		if diags.HasErrors() {
			return nil, diags
		}
		text, err := json.Marshal(ctyjson.SimpleJSONValue{Value: value})
		if err != nil {
			return nil, err
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		var plain any
		if err := decoder.Decode(&plain); err != nil {
			return nil, err
		}
		out[name] = plain
	}
	for _, block := range body.Blocks {
		if _, twice := out[block.Type]; twice || block.Type == "lifecycle" || len(block.Labels) > 0 {
			return nil, fmt.Errorf("this process can't play Terraform for a block %q in a resource: the test needs a real one", block.Type)
		}
		inner, err := arguments(block.Body, scope)
		if err != nil {
			return nil, err
		}
		out[block.Type] = inner
	}
	return out, nil
}

// source is the text of the lines that a diagnostic points at, as Terraform shows it.
func (c *configuration) source(d core.Diagnostic) string {
	body := c.bodies[d.Address]
	if body == nil || d.At == nil || len(d.At.Steps()) == 0 {
		return ""
	}
	at := body.MissingItemRange()
	steps := d.At.Steps()
	for len(steps) > 1 {
		name, _ := steps[0].(tftypes.AttributeName)
		i := slices.IndexFunc(body.Blocks, func(b *hclsyntax.Block) bool { return b.Type == string(name) })
		if i < 0 {
			break
		}
		body, steps = body.Blocks[i].Body, steps[1:]
		at = body.MissingItemRange()
	}
	if name, ok := steps[0].(tftypes.AttributeName); ok && body.Attributes[string(name)] != nil {
		expression := body.Attributes[string(name)].Expr
		at = expression.Range()
		if key, ok := steps[len(steps)-1].(tftypes.ElementKeyString); ok {
			pairs, _ := hcl.ExprMap(expression)
			for _, pair := range pairs {
				if value, diags := pair.Key.Value(nil); !diags.HasErrors() && value.Type() == cty.String && value.AsString() == string(key) {
					at = pair.Value.StartRange()
				}
			}
		}
	}
	lines := strings.Split(string(c.files[at.Filename].Bytes), "\n")
	return strings.TrimSpace(strings.Join(lines[at.Start.Line-1:at.End.Line], "\n"))
}
