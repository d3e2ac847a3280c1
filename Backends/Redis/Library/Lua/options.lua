-- A native producer's words.

local CHANNEL_RULE = '1 to 200 bytes of letters, digits and _ - = @ , . ; : / ~ +'
local KEY_RULE = '1 to 64 bytes of letters, digits and _ - . :'

local function isChannel(text) return #text <= 200 and text:find('^[A-Za-z0-9_%-=@,.;:/~+]+$') ~= nil end
local function isKey(text) return #text <= 64 and text:find('^[A-Za-z0-9_%-.:]+$') ~= nil end
local function isEvent(text) return isKey(text) and text:sub(1, 7) ~= 'stream-' end
local function isID(text) return #text <= 255 and text:find('^[!-~]+$') ~= nil end
local function isOffset(text) return text:find('^%d+$') ~= nil and #text <= 16 and tonumber(text) <= LARGEST end
local function isFormat(text) return text:lower() == 'text' or text:lower() == 'json' end

-- What may follow the data: how many words each takes, and the rule for its value.
local OPTIONS = {
  EVENT = { isEvent, KEY_RULE .. ', not beginning with "stream-"' },
  RETAIN = { isKey, KEY_RULE },
  EXPECT = { isOffset, 'a whole number from 0 to 9007199254740991' },
  FENCE = { isOffset, 'a whole number from 0 to 9007199254740991' },
  ID = { isID, '1 to 255 visible ASCII characters' },
  FORMAT = { isFormat, '"text" or "json"' },
  CONFLATE = {}, CLOSE = {},
}
local OPTION_NAMES = 'EVENT e, RETAIN k, CONFLATE, EXPECT n, FENCE n, CLOSE, ID key, FORMAT text|json'

local function options(argv, first)
  local chosen, at = {}, first
  while at <= #argv do
    local name = argv[at]:upper()
    local option = OPTIONS[name]
    if not option then fail('BADARGUMENT ' .. shown(argv[at]) .. ' is no option: there are ' .. OPTION_NAMES) end
    if chosen[name] then fail('BADARGUMENT ' .. name .. ' is given twice') end
    local isValid, rule = option[1], option[2]
    local value = isValid and argv[at + 1] or 'yes'
    if isValid and (not argv[at + 1] or not isValid(value)) then
      local found = argv[at + 1] and shown(value) .. ' is not valid' or 'a value is missing'
      fail('BADARGUMENT ' .. name .. ': ' .. found .. '; it may be ' .. rule)
    end
    chosen[name], at = value, at + (isValid and 2 or 1)
  end
  return chosen
end
