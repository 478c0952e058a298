-- SPDX-License-Identifier: MIT
-- cnn.hold_interrupt: Ctrl-C waits until what must not be half done is done.
local core = require "cnn.core"
local signature = require "cnn.signature"

local Hold = { __name = "hold" }
Hold.__index = Hold

--- Has Ctrl-C been pressed since?
function Hold:pending() return core.interrupt_noted() end

--- Lets a Ctrl-C that waits go on: it stops the program right behind. Called at the end of the block by <close>.
function Hold:release()
    if self.released then return end
    self.released = true
    core.hold_interrupt(false)
end
Hold.__close = Hold.release

return signature {
    name = "cnn.hold_interrupt",
    returns = "hold: with pending() and release(); a variable with <close> releases at the end of its block",
    doc = [[Lets the first Ctrl-C wait: a training loop ends its step, asks hold:pending(), writes a checkpoint and stops by
itself. A second Ctrl-C, half a second later or more, is answered at once. Releasing lets the one that waited stop the program.]],
    example = [[
do
    local ctrl_c <close> = cnn.hold_interrupt()
    for step = 1, 10 do
        -- a training step, whole whatever is pressed
        if ctrl_c:pending() then break end -- write a checkpoint, say how to go on
    end
end]],
    see = { "cnn.save" },
    call = function()
        core.hold_interrupt(true)
        return setmetatable({ released = false }, Hold)
    end,
}
