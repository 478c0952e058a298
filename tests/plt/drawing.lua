-- SPDX-License-Identifier: MIT
-- plt with gnuplot: files of each kind, the terminal, pipes, displays that aren't there, disks that are full.
local check = require "check"
local terminal = require "helpers.terminal"

local program = arg[-1]
local found = check.run("command -v gnuplot").code == 0

local function run(code, env)
    return check.run(("env -u DISPLAY -u WAYLAND_DISPLAY %s %s -e %s"):format(env or "", check.quote(check.absolute(program)),
        check.quote(code)))
end

check.test("without gnuplot there is a sentence", function()
    local r = run("plt.plot{1, 2}; plt.show()", "PATH=/nonexistent")
    check.equal(r.code, 1)
    check.match(r.err, "drawn by gnuplot, which is not installed here", "apt-get install gnuplot")
    check.match(run("plt.plot{1, 2}; plt.savefig('/tmp/never.png')", "PATH=/nonexistent").err, "not installed here")
end)

if not found then check.skip("gnuplot is not installed") end

check.test("PNG, SVG and PDF", function()
    local base = check.temp()
    for ending, magic in pairs { png = "\137PNG", svg = "<?xml", pdf = "%PDF" } do
        local path = check.temp("." .. ending)
        local r = run(("plt.plot{{3, 1, 2}, label='a_b'}; plt.title('x^2'); plt.legend(); plt.savefig(%q)"):format(path))
        check.equal(r.code, 0, r.err)
        check.equal(check.read(path):sub(1, #magic), magic)
        if ending == "svg" then check.match(check.read(path), "a_b", "x^2") end -- as they were typed
    end
    local empty = check.temp(".svg")
    check.equal(run(("plt.savefig(%q)"):format(empty)).err, "", "a figure with nothing in it has empty axes")
    check.match(check.read(empty), "</svg>")
    check.match(run(("plt.plot{1}; plt.savefig(%q)"):format(base .. ".gif")).err, ".png, .svg or .pdf")
end)

check.test("every command of a figure is accepted by gnuplot", function()
    local path = check.temp(".svg")
    local r = run(([[
        plt.figure{figsize={8, 8}}
        plt.subplot(2, 2, 1); plt.plot({1, 2, 3}, {1, 10, 100}, "ro--"); plt.yscale("log"); plt.grid(); plt.legend("lower left")
        plt.subplot(2, 2, 2); plt.hist{cnn.randn(500), bins=30, alpha=0.5, label="h"}; plt.legend(); plt.xlim(-3, 3)
        plt.subplot(2, 2, 3); plt.imgrid{cnn.rand(6, 3, 8, 8), labels={1, 2, 3, 4, 5, 6}, columns=3}
        plt.subplot(2, 2, 4); plt.scatter(cnn.rand(9), cnn.rand(9)); plt.bar({1, 2}, {0.5, 0.2}); plt.plot{}
        plt.savefig(%q)]]):format(path))
    check.equal(r.code, 0, r.err)
    check.equal(r.err, "")
    check.that(#check.read(path) > 5000, "it is drawn")
end)

check.test("a text can't make gnuplot run anything", function()
    local path, touched = check.temp(".svg"), check.temp()
    os.remove(touched)
    local evil = ("`touch %s`'\n!touch %s\n\"`touch %s`\" @x $data1"):format(touched, touched, touched)
    local r = run(("plt.plot{{1, 2}, label=%q}; plt.title(%q); plt.ylabel(%q); plt.legend(); plt.savefig(%q)"):format(evil, evil,
        evil, path))
    check.equal(r.code, 0, r.err)
    check.that(not io.open(touched), "a command ran")
    check.match(check.read(path), "!touch")
end)

check.test("in a pipe, show writes letters and no escapes", function()
    local r = run("plt.plot{3, 2, 1}; plt.title('falling'); plt.show()", "TERM=xterm-kitty COLORTERM=truecolor")
    check.equal(r.code, 0, r.err)
    check.match(r.out, "falling", "%*")
    check.that(not r.out:find("\27", 1, true), "no escapes")
    r = run("plt.imshow{cnn.eye(4), cmap='gray'}; plt.show()")
    check.match(r.out, "@@      \n  @@    \n")
end)

check.test("show starts a new figure, savefig keeps it", function()
    local path = check.temp(".png")
    check.equal(run(("plt.plot{1, 2}; plt.savefig(%q); plt.show()"):format(path)).code, 0)
    check.match(run("plt.plot{1, 2}; plt.show(); plt.show()").err, "nothing in the figure")
end)

check.test("a display that can't be opened costs nothing", function()
    local r = check.run(("env DISPLAY=:77 %s -e 'plt.plot{3, 2, 1}; plt.show()'"):format(check.quote(check.absolute(program))))
    check.equal(r.code, 0, r.err)
    check.match(r.out, "%*")
end)

check.test("in a terminal: letters of its size, a picture where it can", function()
    local t <close> = terminal.start { program, "-e", "plt.plot{3, 2, 1} plt.show()", rows = 30, columns = 60, prompt = false,
        env = { DISPLAY = false, WAYLAND_DISPLAY = false, TERM = "xterm" } }
    local _, _, text = t:ends()
    for line in text:gmatch("[^\n]+") do check.that(utf8.len(line) <= 60, "the line fits: " .. line) end
    check.match(text, "%*")
    if not require("cnn.plt.picture").available() then check.skip("built without libchafa") end
    local k <close> = terminal.start { program, "-e", "plt.plot{3, 2, 1} plt.show()", rows = 30, columns = 60, prompt = false,
        env = { DISPLAY = false, WAYLAND_DISPLAY = false, TERM = "xterm-kitty" } }
    k:expect("Ga=T,f=32")
end)

check.test("a full disk, a folder that isn't there: a sentence, the old file as it was", function()
    local path = check.write(check.temp(".png"), "old")
    check.match(run("plt.plot{1, 2}; plt.savefig('/nowhere/at/all.png')").err, "file error", "/nowhere/at/all.png")
    local r = check.run(("ulimit -f 1; trap '' XFSZ; %s -e %s"):format(check.quote(check.absolute(program)),
        check.quote(("plt.plot{1, 2}; plt.savefig(%q)"):format(path))))
    check.equal(r.code, 1)
    check.equal(check.read(path), "old")
    if os.execute("test -e /dev/full") then
        check.match(run("plt.plot{1, 2}; require('cnn.core').write_file('/dev/full', ('x'):rep(100))").err, "No space left")
    end
end)
