"""Writes an invented name in its own country's script, or romanised by another rule. Invents no name."""

from random import Random

_CYRILLIC_COUNTRIES = frozenset(["RU", "BY", "UA", "BG", "RS", "KZ", "KG"])
_CHINESE_COUNTRIES = frozenset(["CN", "HK", "TW"])
_PAIRS = {
    "cyrillic": "shch щ,sh ш,ch ч,kh х,zh ж,ya я,yu ю,ts ц,yi ы,a а,b б,c к,d д,e е,f ф,g г,h х,i и,j й,k к,l л,m м,n н,o о,p п,"
    "q к,r р,s с,t т,u у,v в,w в,x кс,y ы,z з",
    "arabic": "kh خ,sh ش,gh غ,th ث,oo و,ee ي,aa ا,a ,b ب,c ك,d د,e ,f ف,g غ,h ه,i ي,j ج,k ك,l ل,m م,n ن,o و,p ب,q ق,r ر,"
    "s س,t ت,u و,v ف,w و,x كس,y ي,z ز",
    "chinese": "Bao 宝,Chang 昌,Da 大,Feng 丰,Guang 光,Hai 海,Hong 宏,Jin 金,Kai 凯,Long 隆,Ming 明,Nan 南,Qing 庆,Rui 瑞,Sheng 盛,"
    "Tai 泰,Xin 鑫,Yong 永,an 安,bo 博,cheng 成,dong 东,fa 发,hua 华,jia 佳,kang 康,li 利,mao 茂,tong 通,yuan 源",
    "trade": "General Trading 综合贸易,Import Export 进出口,Trading 贸易,Industries 工业,Systems 系统,Technologies 科技,Engineering 工程,"
    "Power 电力,Instruments 仪器,Electronics 电子,Energy 能源,Telecom 电信,Marine 海洋,Supply 供应,Supplies 物资,Commerce 商贸,"
    "Procurement 采购,Logistics 物流,Freight 货运,Shipping 航运",
}
_TABLES = {
    name: tuple((old, new) for old, _, new in (pair.partition(" ") for pair in text.split(",")))
    for name, text in _PAIRS.items()
    if name != "trade"
}
_TRADES = tuple((old, new) for old, _, new in (pair.rpartition(" ") for pair in _PAIRS["trade"].split(",")))
_ROMANISED = tuple(
    (old, new)
    for old, _, new in (
        pair.partition(">")
        for pair in ["kh>h", "sh>ch", "ch>tch", "ou>u", "u>ou", "ya>ia", "yu>iu", "v>w", "w>v", "dj>j", "j>dj", "ee>i", "i>y", "y>i", "oo>ou", "q>k", "k>c", "Al >El ", "ö>oe", "ä>ae", "å>aa", "ü>ue", "ş>s", "ğ>gh", "ı>i", "ç>c", "z>s", "ph>f", "x>ks"]
    )
)


def script_of(country: str, speech: str) -> str:
    """The script that a register there keeps beside Latin letters; empty where it is Latin."""
    if country in _CYRILLIC_COUNTRIES:
        return "cyrillic"
    if country in _CHINESE_COUNTRIES:
        return "chinese"
    return "arabic" if speech == "arab" else ""


def native(name: str, script: str) -> str:
    """The name as its own register writes it, letter by letter; Chinese by syllable, the trade translated."""
    if script == "chinese":
        for old, new in _TRADES:
            if old in name:
                name = name.replace(old, new)
                break
        for old, new in _TABLES[script]:
            name = name.replace(old, new)
        for form in (" Co., Ltd.", " Co. Ltd", " Limited", " Corporation", " K.K.", " JSC"):
            name = name.replace(form, "有限公司")
        return name.replace(" ", "") if not any(letter.isascii() and letter.isalpha() for letter in name) else name
    if script == "cyrillic":
        return "".join(_word(word.lower(), script).capitalize() for word in _split(name))
    return "".join(_arabic(word.lower()) for word in _split(name))


def _split(name: str) -> list[str]:
    words = name.replace(".", "").replace(",", "").split()
    return [word for n, one in enumerate(words) for word in ((" ", one) if n else (one,))]


def _arabic(word: str) -> str:
    written = _word(word, "arabic")
    return "ا" + written if word[:1] in ("a", "e", "i", "o", "u") and word[:2] not in ("oo", "ee", "aa") else written


def _word(word: str, script: str) -> str:
    out, place = [], 0
    while place < len(word):
        for old, new in _TABLES[script]:
            if word.startswith(old, place):
                out.append(new)
                place += len(old)
                break
        else:
            out.append(word[place])
            place += 1
    return "".join(out)


def romanised(chance: Random, name: str) -> str:
    """The name as another passport office or bank would put it into Latin letters: two or three rules at once."""
    rules = [pair for pair in _ROMANISED if pair[0] in name]
    chance.shuffle(rules)
    for old, new in rules[: 2 + (chance.random() < 0.4)]:
        name = name.replace(old, new)
    return name
