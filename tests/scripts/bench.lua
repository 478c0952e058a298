-- SPDX-License-Identifier: MIT
-- scripts/bench.lua: that every case can be measured, in a moment each; how fast anything is, is not tested.
local check = require "check"

local program = check.quote(check.absolute(check.cnnsh))
local root = check.root .. "/scripts/"

local function asked(lines)
    local requests = check.write(check.temp(".txt"), table.concat(lines, "\n") .. "\n")
    local r = check.run(("%s %sbench/worker.lua <%s"):format(program, root, requests))
    check.equal({ r.code, r.err }, { 0, "" })
    local list = {}
    for line in r.out:gmatch("[^\n]+") do list[#list + 1] = line end
    check.equal(#list, #lines, r.out)
    return list
end

check.test("our side answers every case with one time per repetition", function()
    local conv = "case=conv pass=%s batch=2 c=3 h=9 w=8 k=4 r=3 stride=1 pad=1 threads=1"
    local schedule = " warm=1 least=2 budget=0"
    for _, answer in ipairs(asked {
        conv:format("forward") .. schedule, conv:format("dinput") .. schedule, conv:format("dweight") .. " algorithm=reference" .. schedule,
        conv:format("both") .. schedule,
        "case=norm pass=forward batch=2 c=3 h=4 w=4 threads=1" .. schedule, "case=norm pass=both batch=2 c=3 h=4 w=4 threads=2" .. schedule,
        "case=network n=0 mode=train batch=1 threads=1" .. schedule, "case=network n=1 mode=infer batch=2 threads=1" .. schedule,
        "case=loader images=256 workers=1 threads=1" .. schedule,
    }) do
        local first, second = answer:match("^ok ([%d.]+) ([%d.]+)$")
        check.that(first and tonumber(first) > 0 and tonumber(second) > 0, answer)
    end
end)

check.test("our side says what it cannot do, and goes on", function()
    local answers = asked { "case=conv pass=forward batch=2 threads=1", "case=other threads=1", "name", "memory" }
    check.match(answers[1], "error ", "no number c")
    check.match(answers[2], "error ")
    check.match(answers[3], "ok cnnsh ", "level ")
    check.that(tonumber(answers[4]:match("^ok (%d+)$")) > 1e6, answers[4])
end)

check.test("sections: the list, one of them into a document, one that does not exist", function()
    local r = check.run(("%s %sbench.lua --list"):format(program, root))
    check.match(r.out, "steps\n", "layers\n", "ladders\n")
    r = check.run(("%s %sbench.lua --only steps,other"):format(program, root))
    check.equal(r.code, 1)
    check.match(r.err, 'there is no section "other"; there are steps, layers')
    r = check.run(("OMP_PROC_BIND=true %s %sbench.lua --only ladders"):format(program, root))
    check.match(r.err, "OMP_PROC_BIND ties this program")
    local document = check.write(check.temp(".md"), "# A\n<!-- bench machine -->\n<!-- /bench machine -->\n"
        .. "<!-- bench ladders -->\nold\n<!-- /bench ladders -->\n<!-- bench steps -->\nkept\n<!-- /bench steps -->\n")
    r = check.run(("CNN_PYTHON=false %s %sbench.lua --only ladders --write --document %s"):format(program, root, document))
    check.equal({ r.code, r.err }, { 0, "" })
    local text = check.read(document)
    check.match(text, "| processor | ", "no PyTorch", "conv2d_direct.c` | ", " → ", "-->\nkept\n<!--")
    check.that(not text:find("old", 1, true), text)
end)
