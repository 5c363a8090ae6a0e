/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who is there, who trusts whom, and what people do for each other in which month. */
#include "tests/load/world/world.h"

const char *const units[UNITS] = {"hour", "won", "box"};
const int64_t usual_limit[UNITS] = {4800, 1500000, 900}; /* 80 hours, ₩1,500,000, 90 boxes */

const struct coop wonju[WONJU] = {
    [HANSALIM] = {"hansalim", "한살림 · Consumers' co-op", 1, {"auto", "auto", "auto"}, {0, 10, 0}},
    [MEDICAL] = {"medical", "의료협동조합 · Medical co-op", 1, {"auto", "auto", NULL}, {0, 0, 0}},
    [CREDIT] = {"credit", "신용협동조합 · Credit union", 2, {"auto", "auto", NULL}, {0, 0, 0}},
    [FARM] = {"farm", "농부협동조합 · Farm co-op", 1, {"auto", "ask", "auto"}, {20, 0, 20}},
    [CHILDCARE] =
        {"childcare", "공동육아 · Childcare co-op", 1, {"auto", "auto", "auto"}, {0, 0, 0}},
    [ELDERCARE] =
        {"eldercare", "노인돌봄 · Elder care co-op", 1, {"ask", "auto", "auto"}, {0, 0, 0}},
    [SCHOOL] = {"school", "대안학교 · School co-op", 1, {"auto", "auto", "auto"}, {0, 0, 0}},
    [HOUSING] = {"housing", "주택협동조합 · Housing co-op", 1, {"ask", "ask", NULL}, {0, 0, 0}},
    [REPAIR] = {"repair", "고쳐쓰기 · Repair co-op", 1, {"auto", "ask", "auto"}, {0, 0, 0}},
    [THEATRE] = {"theatre", "마을극장 · Theatre co-op", 1, {"ask", "ask", NULL}, {0, 0, 0}},
    [BOOKSHOP] = {"bookshop", "동네책방 · Bookshop co-op", 1, {"auto", "never", "auto"}, {0, 0, 0}},
    [KITCHEN] = {"kitchen", "마을부엌 · Kitchen co-op", 1, {"auto", "auto", "auto"}, {25, 0, 0}},
};

/* clang-format off */
const struct tie ties[] = {
    {HANSALIM,  FARM,      "hwb", true,  200, 200},
    {HANSALIM,  KITCHEN,   "hwb", true,  150, 150},
    {HANSALIM,  MEDICAL,   "hw",  true,  150, 150},
    {HANSALIM,  CREDIT,    "hw",  true,  200, 200},
    {HANSALIM,  CHILDCARE, "hwb", true,  100, 100},
    {HANSALIM,  ELDERCARE, "hwb", true,  100, 100},
    {CREDIT,    HOUSING,   "hw",  true,  120, 150},
    {CREDIT,    THEATRE,   "w",   true,  60,  100},
    {CREDIT,    REPAIR,    "hw",  true,  80,  100},
    {MEDICAL,   ELDERCARE, "hw",  true,  120, 120},
    {MEDICAL,   SCHOOL,    "h",   true,  80,  80},
    {FARM,      KITCHEN,   "hwb", true,  120, 120},
    {FARM,      SCHOOL,    "hb",  false, 80,  80},
    {CHILDCARE, SCHOOL,    "hwb", true,  100, 100},
    {SCHOOL,    BOOKSHOP,  "hwb", true,  80,  80},
    {SCHOOL,    THEATRE,   "hw",  true,  60,  60},
    {HOUSING,   REPAIR,    "hw",  true,  100, 100},
    {HOUSING,   KITCHEN,   "h",   false, 60,  60},
    {ELDERCARE, KITCHEN,   "hwb", true,  80,  80},
    {THEATRE,   BOOKSHOP,  "hw",  false, 50,  50},
    {THEATRE,   KITCHEN,   "w",   false, 50,  50},
    {REPAIR,    FARM,      "hb",  true,  80,  80},
    {CHILDCARE, KITCHEN,   "wb",  false, 80,  80},
};
const size_t n_ties = ARRAY_LEN(ties);

const struct service services[] = {
    /* provider, customer, category, unit, from, to, step; January to December, who, memo */
    {HANSALIM, ANYONE, "groceries", WON, 5000, 60000, 500,
     "954445449644", TO_PURSE, {"장보기", "groceries"}},
    {HANSALIM, ANYONE, "groceries", BOX, 5, 20, 5,
     "543345667544", TO_PURSE, {"꾸러미", "a box of vegetables"}},
    {HANSALIM, ANYONE, "delivery", HOUR, 20, 90, 10,
     "444333444344", PEOPLE, {"배달", "delivery"}},
    {MEDICAL, ANYONE, "clinic", WON, 8000, 45000, 1000,
     "886543344578", TO_PURSE, {"진료", "at the clinic"}},
    {MEDICAL, ANYONE, "home-visit", HOUR, 60, 180, 30,
     "665433344456", PEOPLE, {"왕진", "a visit at home"}},
    {CREDIT, ANYONE, "bookkeeping", HOUR, 30, 120, 15,
     "843293334336", PEOPLE, {"장부 정리", "the books put in order"}},
    {CREDIT, ANYONE, "advice", WON, 10000, 40000, 5000,
     "533343333334", TO_PURSE, {"상담", "advice"}},
    {FARM, ANYONE, "vegetables", BOX, 5, 30, 5,
     "112357998631", PEOPLE, {"햇채소", "fresh vegetables"}},
    {FARM, HANSALIM, "rice", BOX, 20, 60, 10,
     "422222236996", BETWEEN_PURSES, {"햅쌀", "new rice"}},
    {FARM, KITCHEN, "vegetables", BOX, 10, 40, 10,
     "223345667542", BETWEEN_PURSES, {"부엌 채소", "vegetables for the kitchen"}},
    {FARM, ANYONE, "gardening", HOUR, 60, 240, 30,
     "013664233310", PEOPLE, {"텃밭 가꾸기", "help in the garden"}},
    {ANYONE, FARM, "farm-work", HOUR, 120, 480, 30,
     "000264213400", PEOPLE, {"농사일 품앗이", "a day in the fields"}},
    {CHILDCARE, ANYONE, "childcare", HOUR, 60, 300, 30,
     "855555995555", PEOPLE, {"아이 돌봄", "looking after children"}},
    {CHILDCARE, ANYONE, "daycare", WON, 20000, 90000, 5000,
     "355555335555", TO_PURSE, {"어린이집 회비", "the nursery's fee"}},
    {ELDERCARE, ANYONE, "care", HOUR, 60, 240, 30,
     "776555655667", PEOPLE, {"어르신 돌봄", "care of grandmother"}},
    {ELDERCARE, ANYONE, "bathing", WON, 10000, 40000, 5000,
     "444444444444", TO_PURSE, {"목욕 도움", "help with bathing"}},
    {SCHOOL, ANYONE, "lessons", HOUR, 60, 120, 30,
     "157776117772", PEOPLE, {"수업", "lessons"}},
    {SCHOOL, ANYONE, "school-fee", WON, 30000, 90000, 10000,
     "039333039333", TO_PURSE, {"학교 회비", "the school's fee"}},
    {HOUSING, ANYONE, "room", WON, 40000, 120000, 10000,
     "344333433433", TO_PURSE, {"손님방", "the guest room"}},
    {HOUSING, ANYONE, "painting", HOUR, 120, 360, 60,
     "114664223531", PEOPLE, {"도배와 칠", "papering and painting"}},
    {REPAIR, ANYONE, "bicycle", HOUR, 20, 90, 10,
     "124887667742", PEOPLE, {"자전거 수리", "a bicycle mended"}},
    {REPAIR, ANYONE, "appliance", WON, 10000, 60000, 5000,
     "755445665467", PEOPLE, {"가전 수리", "an appliance mended"}},
    {THEATRE, ANYONE, "tickets", WON, 10000, 30000, 5000,
     "325694459739", TO_PURSE, {"연극표", "tickets"}},
    {ANYONE, THEATRE, "stage", HOUR, 60, 240, 30,
     "225662246624", PEOPLE, {"무대 돕기", "help on the stage"}},
    {BOOKSHOP, ANYONE, "books", WON, 9000, 45000, 1000,
     "448443348446", TO_PURSE, {"책", "books"}},
    {BOOKSHOP, ANYONE, "reading", HOUR, 60, 120, 30,
     "334333334443", PEOPLE, {"책 읽기 모임", "the reading circle"}},
    {KITCHEN, ANYONE, "meals", WON, 6000, 40000, 1000,
     "555555555556", TO_PURSE, {"밥상", "meals"}},
    {KITCHEN, ANYONE, "kimchi", BOX, 10, 40, 10,
     "111111111396", PEOPLE, {"김장", "kimchi for the winter"}},
    {ANYONE, KITCHEN, "kitchen-work", HOUR, 60, 240, 30,
     "433333333596", PEOPLE, {"부엌일", "work in the kitchen"}},
    /* what co-ops earn goes back to people, */
    {HANSALIM, HANSALIM, "wages", WON, 50000, 150000, 10000,
     "666666666666", FROM_PURSE, {"활동비", "for the shop's work"}},
    {FARM, FARM, "wages", BOX, 10, 40, 10,
     "222333444432", FROM_PURSE, {"몫 나누기", "a share of the harvest"}},
    {MEDICAL, MEDICAL, "wages", WON, 50000, 120000, 10000,
     "333333333333", FROM_PURSE, {"활동비", "for work at the clinic"}},
    {SCHOOL, SCHOOL, "wages", WON, 50000, 120000, 10000,
     "133333133333", FROM_PURSE, {"강사비", "for teaching"}},
    {HOUSING, HOUSING, "wages", WON, 30000, 90000, 10000,
     "222222222222", FROM_PURSE, {"관리비", "for looking after the house"}},
    {KITCHEN, KITCHEN, "wages", WON, 30000, 90000, 10000,
     "333333333334", FROM_PURSE, {"활동비", "for cooking"}},
    /* and round among the co-ops */
    {FARM, HANSALIM, "supplies", WON, 50000, 200000, 10000,
     "334455666543", BETWEEN_PURSES, {"납품", "supplies"}},
    {KITCHEN, FARM, "catering", WON, 50000, 180000, 10000,
     "223566456621", BETWEEN_PURSES, {"들밥", "lunch in the fields"}},
    {HANSALIM, KITCHEN, "groceries", WON, 50000, 180000, 10000,
     "555555555566", BETWEEN_PURSES, {"식재료", "what the kitchen cooks"}},
    {HOUSING, CREDIT, "room", WON, 40000, 120000, 10000,
     "444444444444", BETWEEN_PURSES, {"사무실", "the office's room"}},
    {REPAIR, HOUSING, "boiler", WON, 40000, 120000, 10000,
     "765333234567", BETWEEN_PURSES, {"보일러", "boilers"}},
    {CREDIT, REPAIR, "interest", WON, 30000, 100000, 10000,
     "444444444444", BETWEEN_PURSES, {"이자", "interest"}},
    {BOOKSHOP, SCHOOL, "books", WON, 30000, 90000, 10000,
     "159422159422", BETWEEN_PURSES, {"교과서", "textbooks"}},
    {THEATRE, BOOKSHOP, "stage", WON, 20000, 80000, 10000,
     "234443234445", BETWEEN_PURSES, {"낭독회", "a reading on the stage"}},
    {SCHOOL, THEATRE, "hall", WON, 30000, 80000, 10000,
     "234442234443", BETWEEN_PURSES, {"강당", "the school's hall"}},
    {ELDERCARE, MEDICAL, "care", WON, 40000, 120000, 10000,
     "444444444444", BETWEEN_PURSES, {"퇴원 돌봄", "care after hospital"}},
    {KITCHEN, ELDERCARE, "meals", WON, 40000, 120000, 10000,
     "444444444444", BETWEEN_PURSES, {"도시락", "meals on wheels"}},
    {MEDICAL, HANSALIM, "clinic", WON, 40000, 120000, 10000,
     "555443333455", BETWEEN_PURSES, {"건강검진", "check-ups"}},
    {CHILDCARE, HANSALIM, "daycare", WON, 30000, 90000, 10000,
     "333333333333", BETWEEN_PURSES, {"직원 자녀", "children of the staff"}},
    {KITCHEN, CHILDCARE, "meals", WON, 30000, 90000, 10000,
     "333333333333", BETWEEN_PURSES, {"점심", "the children's lunch"}},
    {SCHOOL, CHILDCARE, "lessons", HOUR, 120, 360, 60,
     "469996169996", PEOPLE, {"숲 놀이 수업", "lessons in the wood"}},
    {MEDICAL, SCHOOL, "first-aid", HOUR, 120, 360, 60,
     "469996169996", PEOPLE, {"응급처치 수업", "a day of first aid"}},
    {ELDERCARE, MEDICAL, "care", HOUR, 120, 360, 60,
     "888888888888", PEOPLE, {"퇴원 돌봄", "care after hospital"}},
    {HANSALIM, ELDERCARE, "delivery", HOUR, 120, 360, 60,
     "888888888888", PEOPLE, {"장보기 동행", "shopping with the old"}},
    {CHILDCARE, HANSALIM, "childcare", HOUR, 120, 360, 60,
     "888888888888", PEOPLE, {"조합원 아이들", "children at the meeting"}},
    {HOUSING, CREDIT, "painting", HOUR, 120, 420, 60,
     "469966669963", PEOPLE, {"사무실 칠", "painting the office"}},
    {REPAIR, HOUSING, "tools", HOUR, 120, 420, 60,
     "888888888888", PEOPLE, {"집수리", "repairs in the house"}},
    {CREDIT, REPAIR, "bookkeeping", HOUR, 120, 420, 60,
     "996666669669", PEOPLE, {"세금 신고", "the year's tax papers"}},
    {KITCHEN, FARM, "catering", HOUR, 120, 420, 60,
     "003699699630", PEOPLE, {"새참", "food in the fields"}},
    {HANSALIM, KITCHEN, "delivery", HOUR, 120, 420, 60,
     "888888888888", PEOPLE, {"식재료 나르기", "carrying for the kitchen"}},
    {FARM, HANSALIM, "harvest", HOUR, 120, 420, 60,
     "003699699630", PEOPLE, {"공동 수확", "a harvest day for all"}},
    {BOOKSHOP, SCHOOL, "reading", HOUR, 60, 240, 60,
     "269996269996", PEOPLE, {"독서 지도", "reading with the class"}},
    {THEATRE, BOOKSHOP, "stage", HOUR, 60, 240, 60,
     "555555555555", PEOPLE, {"낭독", "reading aloud"}},
    {SCHOOL, THEATRE, "stage", HOUR, 60, 240, 60,
     "269996269996", PEOPLE, {"학생 출연", "students on the stage"}},
    {KITCHEN, FARM, "lunch-boxes", BOX, 20, 60, 10,
     "002356656420", BETWEEN_PURSES, {"도시락", "lunch boxes"}},
    {HANSALIM, KITCHEN, "groceries", BOX, 20, 60, 10,
     "555555555566", BETWEEN_PURSES, {"장과 양념", "pastes and spices"}},
};
const size_t n_services = ARRAY_LEN(services);

const char *const handles[MEMBERS_MAX] = {
    "pine", "wren", "river", "maple", "stone", "heron", "barley", "plum",
    "fox", "cloud", "birch", "crane", "brook", "mint", "lark", "moss",
    "willow", "otter", "reed", "hazel", "sparrow", "chiaksan", "fern", "peach",
    "swallow", "oak", "sesame", "magpie", "frost", "clover", "acorn", "deer",
    "iris", "spring", "thrush", "ash", "millet", "badger", "dawn", "lotus",
    "cedar", "hare", "sedge", "quail", "poplar", "perilla", "owl", "meadow",
    "radish", "snow",
};
/* clang-format on */

char *person_name(int coop, int64_t i)
{
    static const char *const families[] = {"김", "이", "박", "최", "정", "강", "조", "윤", "장",
                                           "임", "한", "오", "서", "신", "권", "황", "안", "송"};
    static const char *const givens[] = {"민지", "서연", "지훈", "영숙", "현우", "순자", "도윤",
                                         "하은", "정호", "미경", "준서", "은주", "상철", "유진",
                                         "말순", "태현", "소희", "병철", "나래", "동욱", "보람"};
    static const char *const guests[] = {"Grace Okafor", "Nguyễn Thị Lan", "Maria Santos",
                                         "Tom Becker", "Aigul Omarova"};
    size_t n = (size_t)coop * MEMBERS_MAX + (size_t)i;

    if (i % 17 == 11)
        return x_strdup(guests[n % ARRAY_LEN(guests)]);
    return x_asprintf("%s%s", families[(n * 7 + n / 18) % ARRAY_LEN(families)],
                      givens[(n * 5 + n / 21) % ARRAY_LEN(givens)]);
}

bool has_no_device(struct party p)
{
    return p.number % 12 == 7;
}

bool lets_registrars(struct party p)
{
    return p.number % 25 == 9;
}

void address_of(char out[ADDRESS_MAX + 1], struct party p)
{
    (void)snprintf(out, ADDRESS_MAX + 1, "%s@%s",
                   p.number == NOBODY ? "treasury" : handles[p.number], wonju[p.coop].handle);
}
