-- A native producer's data: what is taken is what the gateway takes.

-- Well-formed characters give way to a plain byte, the longest first. None can begin inside another, so what is left
-- above ASCII belongs to none (RFC 3629).
local CHARACTERS = {
  '\240[\144-\191][\128-\191][\128-\191]', '[\241-\243][\128-\191][\128-\191][\128-\191]',
  '\244[\128-\143][\128-\191][\128-\191]', '\224[\160-\191][\128-\191]', '[\225-\236\238\239][\128-\191][\128-\191]',
  '\237[\128-\159][\128-\191]', '[\194-\223][\128-\191]',
}
local function isUTF8(text)
  for _, character in ipairs(CHARACTERS) do
    if not text:find('[\128-\255]') then return true end
    text = text:gsub(character, '?')
  end
  return not text:find('[\128-\255]')
end

local function asNumber(text)
  local int, fraction, exponent = text:match('^%-?(%d+)(%.?%d*)(.*)$')
  local isNumber = int and (int == '0' or int:byte() ~= 48) and fraction ~= '.'
    and (exponent == '' or exponent:find('^[eE][+-]?%d+$'))
  return isNumber and 'true' or nil
end

local function depth(text)
  local level, deepest = 0, 0
  for bracket in text:gmatch('[%[%]{}]') do
    level = level + ((bracket == '[' or bracket == '{') and 1 or -1)
    deepest = max(deepest, level)
  end
  return deepest
end

-- cjson alone takes what is no JSON (NaN, hexadecimal numbers, leading zeros), refuses what is (an escape of half a
-- surrogate pair), and goes deeper than the gateway's 512. So strings, numbers and literals are judged here and give
-- way to the plainest of their kind, and cjson judges only what stands between them.
local ESCAPES = {
  ['\\"'] = '?', ['\\\\'] = '?', ['\\/'] = '?', ['\\b'] = '?', ['\\f'] = '?', ['\\n'] = '?', ['\\r'] = '?',
  ['\\t'] = '?',
}
local STRING = '\255' -- no byte of UTF-8
local function isJSON(text)
  text = text:gsub('\\.', ESCAPES):gsub('\\u%x%x%x%x', '?'):gsub('"[^"\\%z\1-\31]*"', STRING)
  text = text:gsub('[%d%-][%d+%-.eE]*', asNumber):gsub('null', 'true'):gsub('false', 'true')
  if text:find('[^%[%]{},:\255true \t\n\r]') or depth(text) > 512 then return false end
  return (pcall(cjson.decode, (text:gsub(STRING, '""'))))
end
